"""Every schedule against torch's scheduler of the same name, and the contract of all of them."""

from __future__ import annotations

import math
import warnings

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from search.training.schedules import schedules


def torch_factors(make: object, steps: int) -> list[float]:
    """Return the learning rates of a torch scheduler whose base rate is 1."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the optimizer is never stepped
        scheduler = make(optimizer)  # type: ignore[operator]
        rates = []
        for _ in range(steps):
            rates.append(optimizer.param_groups[0]["lr"])
            scheduler.step()
    return rates


def factors(name: str, steps: int, **settings: float) -> list[float]:
    return [schedules[name].build(step, steps, **settings) for step in range(steps)]


@given(st.sampled_from(schedules.names()), st.integers(1, 400), st.floats(0, 0.9))
def test_factors_lie_between_zero_and_one_for_any_horizon_and_warmup(
    name: str, steps: int, warmup: float
) -> None:
    values = factors(name, steps, warmup=warmup)
    assert all(0 <= value <= 1 for value in values)
    assert values[0] > 0


@given(st.sampled_from(schedules.names()), st.integers(2, 400), st.floats(0, 0.9))
def test_factors_rise_to_one_peak_and_never_rise_again(name: str, steps: int, warmup: float) -> None:
    values = factors(name, steps, warmup=warmup)
    peak = values.index(max(values))
    assert values[: peak + 1] == sorted(values[: peak + 1])
    assert values[peak:] == sorted(values[peak:], reverse=True)


@pytest.mark.parametrize("final", [0.0, 0.1])
def test_cosine_is_torchs(final: float) -> None:
    theirs = torch_factors(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 100, eta_min=final), 100)
    assert factors("cosine", 100, warmup=0.0, final=final) == pytest.approx(theirs, abs=1e-12)


def test_cosine_falls_over_what_the_warmup_leaves() -> None:
    values = factors("cosine", 100, warmup=0.2)
    assert values[20] == 1.0
    assert values[60] == pytest.approx(0.5)  # half of the 80 steps behind the warm-up
    assert values[:20] == pytest.approx([(step + 1) / 21 for step in range(20)])


@pytest.mark.parametrize("steps", [17, 97, 1000])  # torch divides by zero where warmup · steps is 1
@pytest.mark.parametrize("warmup", [0.1, 0.3, 0.5, 0.9])
def test_one_cycle_is_torchs(steps: int, warmup: float) -> None:
    theirs = torch_factors(
        lambda o: torch.optim.lr_scheduler.OneCycleLR(
            o, 1.0, total_steps=steps, pct_start=warmup, cycle_momentum=False
        ),
        steps,
    )
    assert factors("one_cycle", steps, warmup=warmup) == pytest.approx(theirs, rel=1e-9)


def test_warmup_is_torchs_linear() -> None:
    theirs = torch_factors(
        lambda o: torch.optim.lr_scheduler.LinearLR(o, start_factor=1 / 11, total_iters=10), 100
    )
    assert factors("constant", 100, warmup=0.1) == pytest.approx(theirs, rel=1e-9)


def test_constant_without_warmup_is_constant() -> None:
    assert set(factors("constant", 50)) == {1.0}


@pytest.mark.parametrize("name", schedules.names())
def test_factors_are_finite_for_a_horizon_of_one_step(name: str) -> None:
    assert math.isfinite(schedules[name].build(0, 1))

"""Every schedule against torch's scheduler of the same name, and the contract of all of them."""

from __future__ import annotations

import math
import warnings
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from search.training.schedules import schedules, with_past


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


def test_linear_is_torchs() -> None:
    theirs = torch_factors(
        lambda o: torch.optim.lr_scheduler.LinearLR(o, start_factor=1, end_factor=0.1, total_iters=100), 100
    )
    assert factors("linear", 100, final=0.1) == pytest.approx(theirs, rel=1e-9)


def test_exponential_is_torchs() -> None:
    theirs = torch_factors(lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.01 ** (1 / 80)), 80)
    assert factors("exponential", 80) == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize(("steps", "stages"), [(90, 3), (49, 49), (70, 7)])
def test_step_is_torchs(steps: int, stages: int) -> None:
    """Horizons that the stages divide; 1/49 · 49 is below 1 in floating point."""
    theirs = torch_factors(lambda o: torch.optim.lr_scheduler.StepLR(o, steps // stages, gamma=0.5), steps)
    assert factors("step", steps, stages=stages, drop_factor=0.5) == pytest.approx(theirs, rel=1e-9)


def test_multi_step_is_torchs() -> None:
    theirs = torch_factors(
        lambda o: torch.optim.lr_scheduler.MultiStepLR(o, milestones=[60, 120, 160], gamma=0.2), 200
    )
    assert factors("multi_step", 200) == pytest.approx(theirs, rel=1e-9)


def test_a_drop_at_the_end_of_the_horizon_never_comes() -> None:
    values = factors("multi_step", 64, first_drop=0.5, second_drop=0.75, third_drop=1.0, drop_factor=0.1)
    assert [values.index(value) for value in dict.fromkeys(values)] == [0, 32, 48]


@given(st.lists(st.sampled_from([0.5, 0.6, 0.7, 0.7 * (1 - 1e-5), 0.8]), max_size=30), st.integers(0, 4))
def test_plateau_is_torchs(past: list[float], patience: int) -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=patience, eps=0.0)
    theirs = []
    for value in past:
        scheduler.step(value)
        theirs.append(optimizer.param_groups[0]["lr"])
    build = schedules["plateau"].build
    ours = [
        build(0, 100, past[:epoch], drop_factor=0.5, plateau_epochs=patience)
        for epoch in range(1, len(past) + 1)
    ]
    assert ours == pytest.approx(theirs)


def test_plateau_never_falls_below_its_floor_and_warms_up_whatever_the_values() -> None:
    build = schedules["plateau"].build
    worse = [1.0] * 50
    assert build(50, 100, worse, drop_factor=0.1, plateau_epochs=1, final=0.05) == 0.05
    assert build(0, 100, worse, warmup=0.1) == 1 / 11


@pytest.mark.parametrize("name", [name for name in schedules.names() if name != "one_cycle"])
def test_every_schedule_warms_up_alike_and_then_runs_its_own_course(name: str) -> None:
    values, course = factors(name, 100, warmup=0.2), factors(name, 80, warmup=0.0)
    assert values[:20] == [(step + 1) / 21 for step in range(20)]
    assert values[20:] == course


@pytest.mark.parametrize("name", schedules.names())
def test_with_past_hands_the_values_to_who_looks_at_them(name: str) -> None:
    build = schedules[name].build
    takes = name == "plateau"
    found = with_past(partial(build, warmup=0.0))(60, 100, [1.0] * 40)
    assert found == (build(60, 100, [1.0] * 40, warmup=0.0) if takes else build(60, 100, warmup=0.0))

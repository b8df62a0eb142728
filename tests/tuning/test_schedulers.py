"""Every registered scheduler keeps the contract; ASHA's rungs lie where the paper puts them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.tuning.schedulers import schedulers


@pytest.fixture(params=schedulers.names())
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("horizon", [1, 2, 9, 27, 243, 1000])
def test_rungs_increase_and_lie_below_the_horizon(name: str, horizon: int) -> None:
    rungs = list(schedulers[name].build(horizon).rungs)
    assert rungs == sorted(set(rungs))
    assert all(1 <= rung < horizon for rung in rungs)
    assert schedulers[name].summary


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30), st.integers(0, 29))
def test_the_decision_depends_on_the_values_alone_and_the_best_goes_on(
    values: list[float], which: int
) -> None:
    for entry in schedulers:
        scheduler = entry.build(27)
        value = values[which % len(values)]
        decided = [scheduler.decide(1, value, peers) for peers in (values, values[::-1], sorted(values))]
        assert decided[0] == decided[1] == decided[2]
        assert scheduler.decide(1, max(values), values).keep


@pytest.mark.parametrize(
    ("horizon", "grace", "factor", "rungs"),
    [
        (27, 1, 3, (1, 3, 9)),
        (243, 1, 3, (1, 3, 9, 27, 81)),
        (1000, 1, 10, (1, 10, 100)),
        (20, 5, 4, (5,)),
        (3, 3, 2, ()),
    ],
)
def test_asha_rungs(horizon: int, grace: int, factor: int, rungs: tuple[int, ...]) -> None:
    """Ray's stock formula `int(log / log)` loses the rungs 81 and 100 of these (../shared/facts.md)."""
    assert schedulers["asha"].build(horizon, grace_period=grace, reduction_factor=factor).rungs == rungs

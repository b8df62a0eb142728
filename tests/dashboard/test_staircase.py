"""The staircase of the best so far against brute force, and where the picture ends."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.prepare.reports import reports
from dashboard.prepare.staircase import Staircase, staircase, steps_of, window
from search.runs.record import Stint, TrialRecord
from tests.dashboard.records import curve

VALUES = st.lists(st.floats(0, 1) | st.just(math.nan), max_size=6)


def made(records: Sequence[TrialRecord], *, maximize: bool = True) -> Staircase:
    finite = [[value for value in known.values.values() if math.isfinite(value)] for known in records]
    scores = np.array([values[-1] if values else math.nan for values in finite])
    return staircase(reports(records), [known.status for known in records], scores, maximize=maximize)


@given(st.lists(st.tuples(VALUES, st.floats(0, 100)), max_size=6), st.booleans())
def test_the_staircase_is_the_running_best_whatever_the_trials(
    trials: list[tuple[list[float], float]], maximize: bool
) -> None:
    records = [
        curve(number, values, status="running", stints=[Stint(1, start)])
        for number, (values, start) in enumerate(trials)
    ]
    stairs = made(records, maximize=maximize)
    told = sorted(
        (known.stints[0].start + step, known.number, step, value)
        for known in records
        for step, value in known.values.items()
    )
    pick = max if maximize else min
    for epochs, value in zip(stairs.epochs.tolist(), stairs.value.tolist(), strict=True):
        assert value == pick(v for *_, v in told[:epochs] if math.isfinite(v))
    oriented = stairs.value if maximize else -stairs.value
    assert (np.diff(oriented) >= 0).all()
    assert (np.diff(stairs.epochs) > 0).all()
    if any(math.isfinite(value) for *_, value in told):
        assert stairs.epochs[-1] == len(told)


def test_trials_end_where_their_last_epoch_was_spent() -> None:
    records = [
        curve(0, [0.5, 0.8], stints=[Stint(1, 0.0, end=2.0, ending="completed")]),
        curve(1, [0.4], status="stopped", stints=[Stint(1, 0.0, end=1.5, ending="stopped")]),
        curve(2, [0.9], status="running", stints=[Stint(1, 0.0)]),
    ]
    stairs = made(records)
    assert list(stairs.ends) == ["completed", "stopped"], "a running trial has not ended"
    completed = stairs.ends["completed"]
    assert (completed.trial[0], completed.seconds[0], completed.epochs[0], completed.score[0]) == (
        0,
        2,
        4,
        0.8,
    )
    assert stairs.ends["stopped"].epochs.tolist() == [3]


def test_steps_need_a_finite_value() -> None:
    places, values = steps_of(np.array([np.nan, np.nan]), maximize=True)
    assert len(places) == len(values) == 0


@pytest.mark.parametrize("maximize", [True, False])
def test_a_few_hopeless_trials_do_not_flatten_the_staircase(maximize: bool) -> None:
    sign = 1 if maximize else -1
    records = [
        curve(0, [sign * 0.90, sign * 0.95], stints=[Stint(1, 0.0, end=2.0)]),
        curve(1, [sign * 0.10], status="stopped", stints=[Stint(1, 2.0, end=3.0)]),
    ]
    end, beyond = window(made(records, maximize=maximize), maximize=maximize)
    assert beyond == 1
    assert end == pytest.approx(sign * (0.95 - 4 * 0.05))
    assert window(made(records[:1], maximize=maximize), maximize=maximize) == (None, 0)

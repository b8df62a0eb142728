"""Who is ahead: completed before stopped, further before less far, better before worse; NaN never."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from search.runs.progress import progress
from search.runs.ranking import Scoring, leader, rank
from search.runs.record import RecordedReport, RungDecision, Status, TrialRecord


def trial(number: int, status: Status, *values: float, seconds: float = 0.0) -> TrialRecord:
    steps = dict(enumerate(values, start=1))
    last = len(values)
    lost = (RungDecision(last, keep=False, cutoff=1.0, standing=9),) if status == "stopped" else ()
    reports = (
        {last: RecordedReport(last, last, values[-1], seconds, 1, None, "continue", lost)} if values else {}
    )
    return TrialRecord(
        number, status, {}, reports, (), reason="boom" if status == "failed" else "", values=steps
    )


def numbers(trials: list[TrialRecord], **scoring: bool) -> list[int]:
    return [record.number for record in rank(trials, Scoring(**scoring))]


def test_a_stopped_trial_never_outranks_a_completed_one() -> None:
    trials = [trial(0, "stopped", 0.99), trial(1, "completed", 0.1, 0.5), trial(2, "completed", 0.1, 0.6)]
    assert numbers(trials) == [2, 1, 0]


def test_among_the_others_the_one_that_came_further_is_ahead() -> None:
    trials = [trial(0, "stopped", 0.9), trial(1, "running", 0.1, 0.2), trial(2, "waiting", 0.1, 0.3)]
    assert numbers(trials) == [2, 1, 0]


def test_a_loss_is_better_when_it_is_lower() -> None:
    assert numbers([trial(0, "completed", 0.9), trial(1, "completed", 0.1)], maximize=False) == [1, 0]


def test_at_best_takes_the_best_epoch() -> None:
    trials = [trial(0, "completed", 0.9, 0.1), trial(1, "completed", 0.5, 0.5)]
    assert numbers(trials) == [1, 0]
    assert numbers(trials, at_best=True) == [0, 1]


def test_failed_trials_and_such_without_a_finite_value_are_left_out() -> None:
    trials = [
        trial(0, "failed", 0.9),
        trial(1, "running"),
        trial(2, "stopped", math.nan),
        trial(3, "stopped", 0.1),
    ]
    assert numbers(trials) == [3]


records = st.builds(
    lambda number, status, values: trial(number, status, *values),
    st.integers(0, 1000),
    st.sampled_from(get_args(Status)),
    st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=5),
)


@given(st.lists(records, max_size=15, unique_by=lambda record: record.number), st.booleans(), st.booleans())
def test_the_order_does_not_depend_on_the_order_given(
    trials: list[TrialRecord], maximize: bool, at_best: bool
) -> None:
    forward = numbers(trials, maximize=maximize, at_best=at_best)
    assert forward == numbers(trials[::-1], maximize=maximize, at_best=at_best)
    assert set(forward) <= {record.number for record in trials}


def test_progress_counts_what_was_spent_and_saved() -> None:
    trials = [
        trial(0, "completed", *[0.5] * 9, seconds=18),
        trial(1, "stopped", 0.1, seconds=2),
        trial(2, "failed", 0.1, 0.1, seconds=4),
        trial(3, "running", 0.1, 0.2, 0.3, seconds=6),
    ]
    stands = progress(trials, budget=6, epochs=9, workers=2, scoring=Scoring())
    assert (stands.finished, stands.epochs_spent, stands.epochs_saved) == (3, 15, 8)
    assert stands.best is not None
    assert stands.best.number == 0
    assert stands.failures == {"boom": 1}
    # 2 s an epoch; ended trials took 4 epochs on average; one more for trial 3, 4 for each of the 2 to come.
    assert stands.seconds_left == (1 + 8) * 2 / 2


def test_a_trial_that_a_person_stopped_saves_nothing_and_what_others_enqueued_comes_on_top() -> None:
    by_hand = replace(trial(0, "completed", 0.5), status="stopped", reason="stopped by ada")
    enqueued = replace(trial(1, "completed", 0.5), origin="request:x")
    stands = progress([by_hand, enqueued], budget=1, epochs=9, workers=2, scoring=Scoring())
    assert stands.epochs_saved == 0
    assert stands.budget == 2


def test_the_epoch_of_a_score_is_named() -> None:
    curve = {1: 0.5, 2: 0.9, 3: 0.7, 4: math.nan}
    assert Scoring().epoch(curve) == 3
    assert Scoring(at_best=True).epoch(curve) == 2
    assert Scoring(maximize=False, at_best=True).epoch(curve) == 1
    assert Scoring().epoch({}) is None


def test_progress_of_nothing() -> None:
    stands = progress([], budget=6, epochs=9, workers=2, scoring=Scoring())
    assert stands.best is None
    assert stands.seconds_left is None
    assert stands.finished == 0


@given(
    st.lists(
        st.tuples(
            st.sampled_from(get_args(Status)), st.lists(st.sampled_from([0.1, 0.2, math.nan]), max_size=3)
        ),
        max_size=8,
    ),
    st.booleans(),
    st.booleans(),
)
def test_the_leader_is_the_first_of_the_ranking(
    told: list[tuple[Status, list[float]]], maximize: bool, at_best: bool
) -> None:
    trials = [trial(number, status, *values) for number, (status, values) in enumerate(told)]
    scoring = Scoring(maximize=maximize, at_best=at_best)
    assert leader(trials, scoring) is next(iter(rank(trials, scoring)), None)

"""Progress counts trials of the budget; a rejected one costs and ends nothing."""

from __future__ import annotations

from search.runs.progress import progress
from search.runs.ranking import Scoring
from search.runs.record import RecordedReport, TrialRecord


def completed(number: int, seconds: float) -> TrialRecord:
    report = RecordedReport(9, 9, 0.5, seconds, 1, None, "stop")
    return TrialRecord(number, "completed", {}, {9: report}, (), values={9: 0.5})


def test_rejected_trials_are_shown_but_count_for_nothing() -> None:
    trained = [completed(0, 30.0), completed(1, 60.0)]
    rejected = [TrialRecord(n, "rejected", {}, {}, (), origin="request:x") for n in (2, 3, 4)]
    with_them = progress([*trained, *rejected], budget=4, epochs=9, workers=1, scoring=Scoring())
    without = progress(trained, budget=4, epochs=9, workers=1, scoring=Scoring())
    assert with_them.counts["rejected"] == 3
    assert (with_them.trials, with_them.finished, with_them.budget, with_them.left) == (2, 2, 4, 2)
    assert with_them.seconds_left == without.seconds_left == 90.0
    assert with_them.best == without.best

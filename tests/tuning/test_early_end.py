"""A trial that runs out of patience is complete: it is no failure, goes on no more, and is ranked by its value."""

from __future__ import annotations

from dataclasses import replace

import pytest
from optuna.trial import TrialState

from search.runs.ranking import Scoring, rank
from search.tuning.answers import Decision, Limits
from tests.tuning.simulation import policy, report, started, study


@pytest.mark.parametrize("scheduler", ["none", "asha"])
def test_it_is_complete_with_the_value_of_its_last_epoch(scheduler: str) -> None:
    of = study()
    made = policy(of, scheduler=scheduler, budget=Limits(1, 9))
    start = started(made)
    assert made.report(start.number, report(1, 0.5)) is Decision.CONTINUE
    assert made.report(start.number, replace(report(2, 0.4), skipped=7)) is Decision.STOP
    made.finish(start.number, "stopped")
    assert of.trials[0].state == TrialState.COMPLETE
    assert of.trials[0].value == 0.4
    record = made.record(start.number)
    assert (record.status, record.step, record.reach) == ("completed", 2, 9)
    assert record.stints[-1].ending == "completed"


def test_it_is_ranked_among_the_completed_by_its_value() -> None:
    made = policy(study(), scheduler="none", budget=Limits(3, 3))
    for values, skipped in (((0.5, 0.6, 0.7), 0), ((0.5, 0.9), 1), ((0.5, 0.65), 1)):
        start = started(made)
        for epoch, value in enumerate(values, start=1):
            last = epoch == len(values)
            made.report(start.number, replace(report(epoch, value), skipped=skipped if last else 0))
        made.finish(start.number, "stopped")
    assert [record.number for record in rank(made.records, Scoring())] == [1, 0, 2]

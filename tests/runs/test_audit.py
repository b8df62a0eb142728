"""The control group: who belongs to it, how many of it would have won, and how sure that is."""

from __future__ import annotations

import pytest

from search.runs.audit import Audit, audited
from search.runs.ranking import Scoring
from search.runs.record import RecordedReport, RungDecision, Status, TrialRecord


def known(number: int, status: Status, score: float, *, control: bool = False) -> TrialRecord:
    rungs = (RungDecision(1, keep=True, cutoff=0.5, standing=9, audited=control),)
    reports = {
        1: RecordedReport(1, 1, score, 1.0, 1, None, "continue", rungs),
        9: RecordedReport(9, 9, score, 9.0, 1, None, "stop"),
    }
    return TrialRecord(number, status, {}, reports, (), values={1: score, 9: score})


def test_no_control_group_is_no_audit() -> None:
    assert audited([], Scoring()) is None
    assert audited([known(0, "completed", 0.9)], Scoring()) is None


@pytest.mark.parametrize("maximize", [True, False])
def test_a_false_stop_is_a_condemned_trial_that_beats_all_that_were_not(maximize: bool) -> None:
    """Of 4 let live 3 finished, and one of these beats 0.8. Wilson's interval of 1 in 3 is 0.0615 to 0.7923
    (binom.test tables)."""
    sign = 1 if maximize else -1
    records = [
        known(0, "completed", 0.8 * sign),
        known(1, "stopped", 0.99 * sign),
        known(2, "completed", 0.9 * sign, control=True),
        known(3, "completed", 0.8 * sign, control=True),
        known(4, "completed", 0.2 * sign, control=True),
        known(5, "running", 0.95 * sign, control=True),
    ]
    found = audited(records, Scoring(maximize=maximize))
    assert found is not None
    assert (found.let_live, found.finished, found.false_stops) == (4, 3, 1)
    assert found.low == pytest.approx(0.0615, abs=1e-4)
    assert found.high == pytest.approx(0.7923, abs=1e-4)


def test_before_anyone_finished_nothing_is_known() -> None:
    assert audited([known(0, "running", 0.5, control=True)], Scoring()) == Audit(1, 0, 0, 0.0, 1.0)

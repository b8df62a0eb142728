"""All reports by columns: whose they are, and when each was made, by hand and against a loop."""

from __future__ import annotations

import math

import numpy as np

from dashboard.prepare.reports import reports
from search.runs.record import Stint
from tests.dashboard.records import curve, report, trial


def test_a_report_of_an_ended_stint_is_timed_back_from_its_end() -> None:
    """Starting took four seconds, which no report says: the end and the seconds of training do."""
    known = curve(0, [0.1, 0.2, 0.3], stints=[Stint(1, 100.0, end=107.0, ending="completed")])
    assert reports([known]).at.tolist() == [105, 106, 107]


def test_a_report_of_a_lasting_stint_is_timed_from_its_start_and_from_where_it_took_over() -> None:
    stints = [Stint(1, 100.0, end=107.0, ending="paused"), Stint(2, 200.0)]
    known = trial(0, [report(1, 0.1, seconds=5.0), report(2, 0.2, seconds=9.0, attempt=2)], stints=stints)
    assert reports([known]).at.tolist() == [107, 204]


def test_the_end_of_an_orphaned_stint_which_a_resume_wrote_days_later_dates_no_report() -> None:
    known = curve(0, [0.1, 0.2], stints=[Stint(1, 100.0, end=9e5, ending="orphaned")])
    assert reports([known]).at.tolist() == [101, 102]


def test_trials_of_other_programs_have_values_without_times() -> None:
    known = curve(0, [0.1, math.inf])
    told = reports(
        [trial(0, [], stints=()), type(known)(**{**vars(known), "number": 1, "reports": {}, "stints": ()})]
    )
    assert told.trial.tolist() == [1, 1]
    assert told.step.tolist() == [1, 2]
    assert told.value[0] == 0.1
    assert math.isnan(told.value[1]), "infinity is no value"
    assert np.isnan(told.at).all()
    assert told.last.tolist() == [False, True]


def test_no_trials_give_no_reports() -> None:
    told = reports([])
    assert len(told) == 0
    assert len(told.last) == 0
    assert math.isnan(told.begin)

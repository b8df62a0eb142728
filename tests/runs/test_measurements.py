"""All metrics of all trials by columns are those that `recorded_scalars` reads trial by trial."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from search.runs.keeper import recorded_scalars
from search.runs.layout import RunLayout
from search.runs.measurements import MeasurementReader
from search.runs.reader import open_run
from search.runs.record import RecordedReport, Stint, TrialRecord
from tests.runs.logs.writing import NAME, VERSION, scalars, write


def known(number: int, attempts: dict[int, int]) -> TrialRecord:
    """Return a running trial; ``attempts`` says which attempt the study has recorded for each step."""
    reports = {
        step: RecordedReport(step, step, 0.5, float(step), attempt, None, "continue")
        for step, attempt in attempts.items()
    }
    return TrialRecord(number, "running", {}, reports, (Stint(1, 0.0),), values=dict.fromkeys(reports, 0.5))


@pytest.fixture
def layout(tmp_path: Path) -> RunLayout:
    """Trial 0 has two attempts that share step 2 and 3; trial 1 has nothing; trial 2 has one attempt."""
    layout = RunLayout(tmp_path)
    first, second = layout.trial(0).attempt(1).folder, layout.trial(0).attempt(2).folder
    write(first / NAME, [VERSION, *(scalars(s, 100.0 + s, loss=s, a=s) for s in (1, 2, 3))])
    write(second / NAME, [VERSION, *(scalars(s, 200.0 + s, loss=10 * s) for s in (2, 3, 4))])
    write(layout.trial(2).attempt(1).folder / NAME, [VERSION, scalars(1, 50.0, loss=math.nan, b=1)])
    return layout


RECORDS = [known(0, {1: 1, 2: 1, 3: 2}), known(1, {}), known(2, {1: 1})]


def test_a_step_that_was_trained_twice_has_the_values_of_the_recorded_attempt(layout: RunLayout) -> None:
    found = MeasurementReader(layout, cache=False).read(RECORDS)
    steps, values = found.matrix("loss")
    assert steps.tolist() == [1, 2, 3]
    assert np.array_equal(values, [[1, 2, 30], [np.nan] * 3, [np.nan] * 3], equal_nan=True)
    assert found.tags == ("a", "b", "loss")
    assert found.wall(0)[1].tolist() == [101, 102, 203]
    assert [column.tolist() for column in found.curve(0, "a")] == [[1, 2], [1, 2]]


def test_a_nan_that_was_measured_is_told_from_no_value(layout: RunLayout) -> None:
    found = MeasurementReader(layout, cache=False).read(RECORDS)
    assert found.curve(2, "loss")[0].tolist() == [1]
    assert found.curve(1, "loss")[0].tolist() == []
    assert found.wall(1)[0].tolist() == []


def test_it_agrees_with_recorded_scalars_trial_by_trial(layout: RunLayout, finished: Path) -> None:
    run = open_run(finished)
    for where, records in ((layout, RECORDS), (run.layout, [trial.record for trial in run.trials])):
        found = MeasurementReader(where, cache=False).read(records)
        for number, record in enumerate(records):
            expected = recorded_scalars(where.trial(number), record)
            for tag in found.tags:
                steps, values = found.curve(number, tag)
                curve = expected.get(tag, {})
                assert steps.tolist() == list(curve)
                assert np.array_equal(values, list(curve.values()), equal_nan=True)


def test_what_is_recorded_or_written_later_shows_and_nothing_else_is_made_again(layout: RunLayout) -> None:
    reader = MeasurementReader(layout, cache=False)
    first = reader.read(RECORDS)
    assert reader.read(list(RECORDS)) is first
    more = [known(0, {1: 1, 2: 1, 3: 2, 4: 2}), *RECORDS[1:]]
    assert reader.read(more).matrix("loss")[0].tolist() == [1, 2, 3, 4]
    write(layout.trial(2).attempt(1).folder / NAME, [scalars(2, 51.0, loss=7)])
    more[2] = known(2, {1: 1, 2: 1})
    assert reader.read(more).curve(2, "loss")[1].tolist()[1:] == [7]
    assert first.matrix("loss")[0].tolist() == [1, 2, 3]


def test_a_run_without_any_measurements_is_empty(tmp_path: Path) -> None:
    found = MeasurementReader(RunLayout(tmp_path), cache=False).read([known(0, {1: 1})])
    assert (found.tags, found.wall(0)[0].tolist()) == ((), [])

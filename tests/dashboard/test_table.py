"""The trials by columns, against values counted by hand from the four trials in conftest.py, and brute force."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.prepare import table as tables
from dashboard.prepare.table import Parameter, Table, best_of, matrix, table
from search.runs.reader import open_run
from search.runs.record import TrialRecord
from tests.dashboard.conftest import make_plan


@pytest.fixture
def small(runs: Path) -> Table:
    return table(open_run(runs / "small"))


def test_a_row_is_a_trial_with_its_place_its_last_and_its_best_value(small: Table) -> None:
    facts = small.facts
    assert facts["trial"].tolist() == [0, 1, 2, 3]
    assert facts["place"].tolist()[:3] == [2, 3, 1]
    assert math.isnan(facts["place"][3])
    assert facts["score"].tolist()[:3] == [0.8, 0.9, 0.9]
    assert facts["best"].tolist()[:3] == [0.8, 0.9, 0.95]
    assert facts["best_epoch"].tolist()[:3] == [3, 1, 2]
    assert math.isnan(facts["best"][3])
    assert facts["status"].tolist() == ["completed", "stopped", "completed", "failed"]
    assert facts["start"].tolist()[:2] == [1_700_000_000, 1_700_000_013]
    assert facts["reason"][3] == "the loss is ![x](http://evil)"


def test_points_have_a_column_for_each_searched_parameter(small: Table) -> None:
    assert small.parameters == (
        Parameter("optimizer", "choice", choices=("sgd", "adam")),
        Parameter("learning_rate", "number", True, 0.001, 0.1),
        Parameter("momentum", "number", False, 0.5, 0.9),
    )
    assert small.points["optimizer"].tolist() == ["adam", "sgd", "sgd", "adam"]
    assert np.isnan(small.points["momentum"]).tolist() == [True, False, False, True]


def test_values_lie_at_their_epochs(small: Table) -> None:
    assert small.steps.tolist() == [1, 2, 3]
    assert small.at(2).tolist()[::2] == [0.7, 0.95]
    assert np.isnan(small.at(2)[[1, 3]]).all()
    assert np.isnan(small.at(9)).all()


def test_a_run_without_trials_is_an_empty_table(tmp_path: Path) -> None:
    empty = table(open_run(make_plan(tmp_path, "planned").root))
    assert len(empty) == 0
    assert empty.values.shape == (0, 0)
    assert list(empty.points) == ["optimizer", "learning_rate", "momentum"]


CURVES = st.lists(st.dictionaries(st.integers(1, 9), st.floats(width=32), max_size=6), max_size=6)


def records(curves: list[dict[int, float]]) -> list[TrialRecord]:
    return [
        TrialRecord(n, "running", {}, {}, (), values=dict(sorted(curve.items())))
        for n, curve in enumerate(curves)
    ]


@given(CURVES)
def test_the_matrix_holds_every_finite_value(curves: list[dict[int, float]]) -> None:
    steps, values = matrix(records(curves))
    assert steps.tolist() == sorted({step for curve in curves for step in curve})
    for row, curve in enumerate(curves):
        for column, step in enumerate(steps.tolist()):
            value = curve.get(step, math.nan)
            expected = value if math.isfinite(value) else math.nan
            assert values[row, column] == expected or (
                math.isnan(expected) and math.isnan(values[row, column])
            )


@given(CURVES, st.booleans())
def test_the_best_value_is_that_of_a_loop(curves: list[dict[int, float]], maximize: bool) -> None:
    best, epoch = best_of(*matrix(records(curves)), maximize=maximize)
    for row, curve in enumerate(curves):
        finite = {step: value for step, value in curve.items() if math.isfinite(value)}
        if not finite:
            assert math.isnan(best[row])
            assert math.isnan(epoch[row])
            continue
        expected = (max if maximize else min)(finite.values())
        assert best[row] == expected
        assert epoch[row] == min(step for step, value in finite.items() if value == expected)


def test_of_too_many_steps_every_other_one_is_left_out_but_not_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tables, "MOST_CELLS", 12)
    steps, values = matrix(records([{step: step / 10 for step in range(1, 10)}] * 4))
    assert steps.tolist() == [1, 5, 9]
    assert values[3].tolist() == [0.1, 0.5, 0.9]

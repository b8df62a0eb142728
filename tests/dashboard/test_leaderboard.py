"""The leaderboard and its downloads, against the four trials in conftest.py and pandas' own readers."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from dashboard.prepare.leaderboard import (
    board,
    by_column,
    csv,
    parquet,
    ranked,
    setting_columns,
    sparks,
    value_range,
)
from dashboard.prepare.table import Parameter, Table, table
from search.runs.reader import open_run
from tests.dashboard.conftest import make_plan
from tests.dashboard.tables import make_table


@pytest.fixture
def small(runs: Path) -> Table:
    return table(open_run(runs / "small"))


def everyone(found: Table) -> np.ndarray:
    return ranked(found, np.ones(len(found), dtype=np.bool_))


def test_the_ranking_comes_first_and_then_those_without_a_rank(small: Table) -> None:
    assert everyone(small).tolist() == [2, 0, 1, 3]
    assert ranked(small, np.array([False, True, False, True])).tolist() == [1, 3]
    made = board(small, everyone(small), None).to_pydict()
    assert made["place"] == [1, 2, 3, None]
    assert made["score"] == [0.9, 0.8, 0.9, None], "a stopped trial with an equal value is below"
    assert made["status"] == ["completed", "completed", "stopped early", "failed"]
    assert made["momentum"] == [0.5, None, 0.9, None]
    assert "width" not in made, "a fixed parameter says nothing about a trial"


def test_a_column_sorts_both_ways_and_a_missing_value_comes_last(small: Table) -> None:
    def order(column: str, epoch: int | None = None, *, descending: bool) -> list[int]:
        return by_column(small, everyone(small), column, epoch, descending=descending).tolist()

    assert order("momentum", descending=False) == [2, 1, 0, 3]
    assert order("momentum", descending=True) == [1, 2, 0, 3]
    assert order("at_epoch", 2, descending=False) == [0, 2, 1, 3]
    assert order("status", descending=False)[:2] == [2, 0], "equals stay in the order of their rank"


def test_choices_of_numbers_are_sorted_as_numbers() -> None:
    size = Parameter("batch_size", "choice", choices=("64", "128", "256"))
    found = make_table([size], {"batch_size": ["256", "64", None, "128"]}, [0.4, 0.3, 0.2, 0.1])
    rows = ranked(found, np.ones(4, dtype=np.bool_))
    assert by_column(found, rows, "batch_size", None, descending=False).tolist() == [1, 3, 0, 2]
    assert by_column(found, rows, "batch_size", None, descending=True).tolist() == [0, 3, 1, 2]


def test_at_equal_epochs_a_trial_that_was_not_there_has_no_value(small: Table) -> None:
    made = board(small, everyone(small), 2).to_pydict()
    assert made["at_epoch"] == [0.95, 0.7, None, None]
    assert board(small, everyone(small), 1).to_pydict()["at_epoch"] == [0.6, 0.5, 0.9, None]
    assert made["best"] == [0.95, 0.8, 0.9, None]
    assert made["best_epoch"] == [2, 3, 1, None]


def test_curves_have_no_gaps_and_few_points() -> None:
    found = sparks(np.array([[0.5, np.nan, 0.7], [np.nan] * 3, [0.25, 0.5, 1.0]])).to_pylist()
    assert found == [[0.5, pytest.approx(0.7)], [], [0.25, 0.5, 1.0]]
    long = sparks(np.arange(1000.0)[None, :]).to_pylist()[0]
    assert len(long) == 50
    assert long[-1] == 999


def test_a_parameter_that_is_called_like_a_fact_keeps_both() -> None:
    made = make_table((Parameter("epochs", "number", low=1, high=9),), {"epochs": [3.0]}, [[0.5]])
    assert setting_columns(made) == {"epochs": "epochs (setting)"}
    found = board(made, np.array([0]), None).to_pydict()
    assert (found["epochs"], found["epochs (setting)"]) == ([1], [3.0])


def test_the_csv_has_all_trials_and_columns_as_pandas_reads_them(small: Table) -> None:
    read = pd.read_csv(io.BytesIO(csv(small, everyone(small), 2)))
    assert read["trial"].tolist() == [2, 0, 1, 3]
    assert read["val/accuracy (score)"].tolist()[:3] == [0.9, 0.8, 0.9]
    assert read["val/accuracy at epoch 2"].tolist()[:2] == [0.95, 0.7]
    assert read["learning_rate"].tolist() == [0.02, 0.01, 0.1, 0.09]
    assert read["reason"][3] == "the loss is ![x](http://evil)"
    assert csv(small, everyone(small), 2).decode().splitlines()[1].startswith("1,2,")


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_text_of_the_csv_is_a_formula(evil: str) -> None:
    kind = Parameter(evil, "choice", choices=(evil, "x"))
    made = make_table((kind,), {evil: [evil, "x"]}, [0.5, -0.25])
    made.facts["reason"] = [evil, ""]
    read = pd.read_csv(io.BytesIO(csv(made, np.array([0, 1]), None)), keep_default_na=False)
    texts = [*read.columns, *read.select_dtypes(exclude="number").astype(str).to_numpy().ravel()]
    assert not [text for text in texts if text.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert read["val/accuracy (score)"].tolist() == [0.5, -0.25], "a number stays one"


def test_the_parquet_file_has_the_whole_curves(small: Table) -> None:
    read = pq.read_table(io.BytesIO(parquet(small, everyone(small), 1))).to_pydict()
    assert read["trial"] == [2, 0, 1, 3]
    assert read["steps"] == [[1, 2, 3], [1, 2, 3], [1], []]
    assert read["values"] == [[0.6, 0.95, 0.9], [0.5, 0.7, 0.8], [0.9], []]
    assert read["val/accuracy at epoch 1"] == [0.6, 0.5, 0.9, None]


def test_a_run_without_trials_is_an_empty_leaderboard(tmp_path: Path) -> None:
    empty = table(open_run(make_plan(tmp_path, "planned").root))
    assert board(empty, everyone(empty), None).num_rows == 0
    assert csv(empty, everyone(empty), None).startswith(b"place,trial,")
    assert value_range(empty) == (0.0, 1.0)

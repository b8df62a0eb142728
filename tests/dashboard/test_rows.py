"""The list of runs: each row sums its run up."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.prepare import rows
from dashboard.prepare.reports import reports
from dashboard.shelf import Opened, Shelved, book
from search.runs.layout import RunLayout
from search.runs.lease import Lease
from search.runs.reader import open_run
from search.runs.record import Stint
from tests.dashboard.records import curve, no_logs, run


@pytest.mark.parametrize(("driven", "state"), [(True, "running"), (False, "finished")])
def test_the_row_of_a_run_sums_it_up(runs: Path, driven: bool, state: str) -> None:
    made = rows.row("small", book(Shelved("small", open_run(runs / "small").layout)).read(), driven=driven)
    assert (made.state, made.best, made.trials, made.progress, made.saved) == (state, 0.9, "4 of 4", 100, 20)
    assert (made.budget, made.source) == ("4 × 3 epochs", "Winnow")
    assert made.start is not None
    assert made.start.timestamp() == 1_700_000_000
    assert made.owner == getpass.getuser()
    assert (made.spark[0], made.spark[-1]) == (0.5, 0.95)


def test_who_drives_a_run_is_its_owner(tmp_path: Path) -> None:
    made = run(tmp_path / "run", [])
    with Lease(made.layout):
        assert rows.owner(made).endswith(f", process {os.getpid()}")
    assert rows.owner(made) == getpass.getuser()


def test_a_folder_that_is_gone_has_no_owner(tmp_path: Path) -> None:
    assert rows.file_owner(RunLayout(tmp_path / "gone")) == ""


def test_a_damaged_run_has_its_reason_and_nothing_else() -> None:
    made = rows.row("bad", Opened(None, "plan.yaml:1: found a tab"), driven=False)
    assert (made.state, made.reason, made.best, made.spark) == (
        "damaged",
        "plan.yaml:1: found a tab",
        None,
        (),
    )


@pytest.mark.parametrize(("status", "state"), [("running", "running"), ("stopped", "finished")])
def test_another_programs_search_runs_while_its_logs_grow(tmp_path: Path, status: str, state: str) -> None:
    measured = no_logs(tmp_path / "logs", 1)
    made = run(tmp_path / "run", [curve(0, [0.5], status=status)], measured=measured)
    row = rows.row("run", Opened(made, ""), driven=False)
    assert (row.state, row.source) == (state, "TensorBoard logs")


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.booleans(), st.integers(2, 30))
def test_a_sparkline_is_the_best_so_far_and_ends_with_the_best(
    values: list[float], maximize: bool, points: int
) -> None:
    told = reports([curve(0, values, stints=[Stint(1, 0.0)])])
    made = rows.spark(told, maximize=maximize, points=points)
    pick = max if maximize else min
    assert made[0] == values[0]
    assert made[-1] == pick(values)
    assert set(made) <= {pick(values[: end + 1]) for end in range(len(values))}
    assert 1 <= len(made) <= points


def test_without_a_value_there_is_no_sparkline() -> None:
    assert rows.spark(reports([]), maximize=True) == ()


def test_columns_leave_the_reasons_out() -> None:
    made = rows.columns([rows.Row("a", "damaged", reason="why")])
    assert made["run"] == ["a"]
    assert "reason" not in made


def test_a_start_that_no_calendar_has_costs_the_row_its_start_only(tmp_path: Path) -> None:
    made = run(tmp_path / "run", [curve(0, [0.5], stints=[Stint(1, 1e300)])])
    row = rows.row("run", Opened(made, ""), driven=False)
    assert (row.start, row.best) == (None, 0.5)

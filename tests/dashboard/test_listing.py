"""The list of runs, read with patience."""

from __future__ import annotations

import itertools
from pathlib import Path

from dashboard.listing import rows_of
from dashboard.shelf import shelf
from tests.dashboard.conftest import make_plan, make_run


def test_runs_that_take_long_to_read_come_one_by_one_and_all_in_the_end(tmp_path: Path) -> None:
    for number in range(3):
        make_run(tmp_path, f"slow{number}")
    ticks = itertools.count(step=10.0)
    states = []
    for _ in range(3):
        rows = rows_of(shelf(tmp_path), patience=1.0, clock=lambda: next(ticks))
        states.append(sorted(row.state for row in rows))
    assert states == [
        ["being read", "being read", "finished"],
        ["being read", "finished", "finished"],
        ["finished", "finished", "finished"],
    ]


def test_a_run_that_changed_is_read_again(tmp_path: Path) -> None:
    make_plan(tmp_path, "one")
    assert rows_of(shelf(tmp_path))[0].trials == "0 of 4"
    (tmp_path / "one" / "plan.yaml").unlink()
    (tmp_path / "one").rmdir()
    make_run(tmp_path, "one")
    assert rows_of(shelf(tmp_path))[0].trials == "4 of 4"

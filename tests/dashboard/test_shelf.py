"""Finding and opening runs: names cannot lead out, damage is told, a change is seen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dashboard.shelf import Shelved, book, find_run, run_names, stamp
from search.runs.layout import RunLayout
from tests.dashboard.conftest import make_plan, make_run


def test_the_run_that_changed_last_comes_first(runs: Path) -> None:
    newer = make_run(runs, "newer")
    for path in (newer.plan, newer.journal):
        os.utime(path, (4_000_000_000, 4_000_000_000))
    (runs / "no-run").mkdir()
    assert run_names(runs) == ["newer", "small"]
    assert run_names(runs / "nowhere") == []


@pytest.mark.parametrize("name", ["../outside", "..", ".", "", "small/../../outside", "/", "small/", "\0"])
def test_no_name_leads_out_of_the_folder(runs: Path, name: str) -> None:
    make_plan(runs.parent, "outside")
    assert find_run(runs, name) is None
    assert find_run(runs, str(runs.parent / "outside")) is None
    assert find_run(runs, "small") == Shelved("small", RunLayout(runs / "small"))


def test_a_damaged_journal_is_told_with_file_and_line_and_left_as_it_is(runs: Path) -> None:
    journal = runs / "small" / "study.journal"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines[:3], b'{"op_code": \n', *lines[4:]]))
    before = journal.read_bytes()
    opened = book(Shelved("small", RunLayout(runs / "small"))).read()
    assert opened.run is None
    assert opened.reason.startswith(f"{journal}:4: a record in JSON is expected")
    assert journal.read_bytes() == before


def test_a_journal_that_is_being_written_is_not_damaged(runs: Path) -> None:
    """The driver may be in the middle of its last record."""
    journal = runs / "small" / "study.journal"
    journal.write_bytes(journal.read_bytes()[:-20])
    opened = book(Shelved("small", RunLayout(runs / "small"))).read()
    assert opened.run is not None
    assert len(opened.run.trials) == 3


def test_a_wrong_plan_is_told_as_the_verbs_tell_it(runs: Path) -> None:
    plan = runs / "small" / "plan.yaml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("mode: max", "mode: most"), encoding="utf-8")
    opened = book(Shelved("small", RunLayout(runs / "small"))).read()
    assert opened.run is None
    assert "objective.mode: found 'most', expected min or max" in opened.reason


def test_the_stamp_changes_with_the_journal_and_stays_otherwise(runs: Path) -> None:
    layout = RunLayout(runs / "small")
    before = stamp(layout)
    assert stamp(layout) == before
    with layout.journal.open("ab") as journal:
        journal.write(b"\n")
    assert stamp(layout) != before

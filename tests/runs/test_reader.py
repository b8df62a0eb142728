"""A run that is read again and again is at every instant what a fresh reader finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.runs.errors import StudyError
from search.runs.reader import RunReader, open_run
from tests.dashboard.conftest import make_plan, make_run


def seen(root: Path) -> object:
    run = open_run(root)
    return [trial.record for trial in run.trials], run.requests


def test_nothing_new_gives_the_same_run(tmp_path: Path) -> None:
    reader = RunReader(make_run(tmp_path).root)
    assert reader.read() is reader.read()


def test_a_journal_that_grows_byte_by_byte_is_read_as_from_anew(tmp_path: Path) -> None:
    layout = make_run(tmp_path)
    whole = layout.journal.read_bytes()
    layout.journal.write_bytes(b"")
    reader = RunReader(layout.root)
    with layout.journal.open("ab", buffering=0) as journal:
        for start in range(0, len(whole), 97):
            journal.write(whole[start : start + 97])
            run = reader.read()
            assert ([trial.record for trial in run.trials], run.requests) == seen(layout.root)
    assert len(reader.read().trials) == 4


def test_a_trial_that_did_not_change_is_not_decoded_again(tmp_path: Path) -> None:
    layout = make_run(tmp_path)
    lines = layout.journal.read_bytes().splitlines(keepends=True)
    layout.journal.write_bytes(b"".join(lines[:-1]))
    reader = RunReader(layout.root)
    before = reader.read()
    with layout.journal.open("ab") as journal:
        journal.write(lines[-1])
    after = reader.read()
    assert len(after.trials) == len(before.trials) + 1
    for old, new in zip(before.trials, after.trials, strict=False):
        assert old.record is new.record


def test_another_run_in_the_same_place_is_read_from_its_beginning(tmp_path: Path) -> None:
    layout = make_run(tmp_path)
    reader = RunReader(layout.root)
    assert len(reader.read().trials) == 4
    other = make_run(tmp_path, "other").journal.read_bytes().splitlines(keepends=True)
    aside = layout.root / "aside"
    aside.write_bytes(b"".join(other[:-2]))
    aside.replace(layout.journal)
    assert len(reader.read().trials) == 2


def test_a_journal_that_was_cut_is_read_from_its_beginning(tmp_path: Path) -> None:
    layout = make_run(tmp_path)
    reader = RunReader(layout.root)
    reader.read()
    lines = layout.journal.read_bytes().splitlines(keepends=True)
    with layout.journal.open("r+b") as journal:
        journal.truncate(sum(map(len, lines[:-1])))
    assert len(reader.read().trials) == 3


def test_damage_that_comes_while_it_is_read_is_told(tmp_path: Path) -> None:
    layout = make_run(tmp_path)
    reader = RunReader(layout.root)
    reader.read()
    with layout.journal.open("ab") as journal:
        journal.write(b"no record\n{}\n")
    with pytest.raises(StudyError, match="a record in JSON is expected, but found b'no record"):
        reader.read()


def test_a_plan_that_changes_is_read_again(tmp_path: Path) -> None:
    layout = make_plan(tmp_path, "planned")
    reader = RunReader(layout.root)
    first = reader.read()
    layout.plan.write_text(layout.plan.read_text(encoding="utf-8").replace("trials: 4", "trials: 5"), "utf-8")
    assert (first.plan.budget.trials, reader.read().plan.budget.trials) == (4, 5)


@pytest.mark.parametrize("text", ["", "[1]", '{"url": "sqlite:///x"}', '{"newer": 1}'])
def test_a_damaged_note_of_where_the_study_lies_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    layout = make_run(tmp_path)
    layout.storage.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError, match=r"storage\.json is damaged"):
        open_run(layout.root)

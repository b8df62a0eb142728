"""Files appear whole or not at all, and runs are found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from search.runs.layout import RunLayout, find_runs, write_json, write_text


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})
    with pytest.raises(TypeError):
        write_json(path, {"a": object()})
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "\ud800")
    assert json.loads(path.read_text(encoding="utf-8")) == {"a": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]


def test_runs_are_found_by_their_plan(tmp_path: Path) -> None:
    for name in ("b", "a", "no-run"):
        (tmp_path / name).mkdir()
    for name in ("b", "a"):
        write_text(RunLayout(tmp_path / name).plan, "name: x\n")
    (tmp_path / "file").write_text("")
    assert [layout.root.name for layout in find_runs(tmp_path)] == ["a", "b"]
    assert list(find_runs(tmp_path / "nowhere")) == []


def test_attempts_are_listed_in_order(tmp_path: Path) -> None:
    trial = RunLayout(tmp_path).trial(3)
    assert trial.attempts() == []
    for name in ("10", "2", "1", "other"):
        (trial.folder / name).mkdir(parents=True)
    assert [attempt.folder.name for attempt in trial.attempts()] == ["1", "2", "10"]

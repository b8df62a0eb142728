"""The verb `importance`: what it prints for people and for machines, and what it says of mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from search import importance
from search.runs.reader import open_run
from tests.dashboard.conftest import TRIALS, make_plan, make_run


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a run of twenty trials, five times those of the dashboard's tests."""
    monkeypatch.setattr("tests.dashboard.conftest.TRIALS", TRIALS * 5)
    return make_run(tmp_path).root


def test_the_table_says_on_what_it_rests(many: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert importance.main([str(many)]) == 0
    said = capsys.readouterr().out
    assert "learning_rate" in said
    assert "at epoch 3, on 10 trials." in said


def test_fanova_tells_each_round_and_then_the_result(many: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert importance.main([str(many), "--fanova", "--epoch", "1", "--trials", "12", "--json"]) == 0
    told = lines(capsys)
    assert [line["event"] for line in told] == ["progress"] * 8 + ["importance"]
    assert told[-2] == {"event": "progress", "text": "round 8 of 8", "done": 8, "total": 8}
    assert told[-1]["epoch"] == 1
    assert told[-1]["trials"] == 12
    assert set(told[-1]["shares"]) == {"optimizer", "learning_rate"}  # type: ignore[call-overload]


def test_too_few_trials_are_told_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = make_run(tmp_path).root
    assert importance.main([str(root), "--json"]) == 2
    assert lines(capsys)[-1]["mistakes"] == [f"{root}: at least 10 trials with a value at epoch 3 are needed"]
    assert importance.main([str(root), "--fanova"]) == 2
    assert (
        "fANOVA needs at least 10 trials with a value at epoch 3, but 2 have one" in capsys.readouterr().err
    )


def test_a_folder_that_is_no_run_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert importance.main([str(tmp_path)]) == 2
    assert "this is no run" in capsys.readouterr().err


def test_the_usual_epoch_is_the_last_that_a_third_reached(tmp_path: Path) -> None:
    assert importance.usual_epoch(open_run(make_run(tmp_path).root)) == 3
    assert importance.usual_epoch(open_run(make_plan(tmp_path, "planned").root)) == 1

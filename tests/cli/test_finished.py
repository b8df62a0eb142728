"""A finished search: what was said, what stands on disk, and how it is extended."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from search import open_run, resume, run, status, stop
from search.plan.trial_config import TrialConfig
from tests.cli.conftest import Finished
from tests.faults.searches import done
from tests.faults.whole import assert_whole

pytestmark = pytest.mark.timeout(1200)


def test_json_lines_only_and_the_last_is_the_end_with_ranking_and_winner(finished: Finished) -> None:
    assert finished.ended.code == 0, finished.ended.err
    events = finished.ended.events
    assert {event["event"] for event in events} <= {"message", "progress", "end"}
    end = events[-1]
    assert end["event"] == "end"
    assert end["run"] == str(finished.root)
    assert end["reason"] == "all 3 trials are done"
    assert end["ranking"][0]["trial"] == end["winner"]["trial"]
    assert end["winner"]["settings"]["architecture"] == "mine"
    assert end["split"] == "validation"
    assert finished.ended.err == ""


def test_a_network_of_the_user_s_own_is_searched_and_recorded_whole(finished: Finished) -> None:
    best = assert_whole(finished.root, trials=3).best()
    assert best is not None
    assert isinstance(best.config, TrialConfig)
    assert [Path(plugin).name for plugin in best.config.plugins] == ["my_model.py"]


def test_status_of_a_finished_search(finished: Finished, capsys: pytest.CaptureFixture[str]) -> None:
    assert status.main([str(finished.root)]) == 0
    said = capsys.readouterr().out
    assert "no driver: nothing is running" in said
    assert "3 trials: " in said
    assert "worker-hours" in said
    assert "Too few completed trials" in said


def test_status_for_machines(finished: Finished, capsys: pytest.CaptureFixture[str]) -> None:
    assert status.main([str(finished.root), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["event"] == "status"
    assert document["driver"] is None
    end = finished.ended.events[-1]
    assert document["ranking"] == end["ranking"]
    assert document["ledger"] == end["ledger"]
    assert document["ledger"]["total"]["epochs"] == document["epochs_spent"]
    assert document["forecast"]["advice"] == "too early"


def test_a_finished_search_cannot_be_stopped(finished: Finished, capsys: pytest.CaptureFixture[str]) -> None:
    assert stop.main([str(finished.root)]) == 2
    assert "nobody drives this run" in capsys.readouterr().err


def test_a_name_that_is_taken_is_refused(finished: Finished, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--space", "digits.yaml", "--runs-dir", str(finished.root.parent), "--name", finished.root.name]
    assert run.main(words) == 2
    assert capsys.readouterr().err.strip() == (
        f"{finished.root}: a run of that name is there already: go on with it by `search.resume`, "
        "or give another --name"
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["--set", "seed=7"],
            "--set seed: found 7, expected 0, since the trials of a run are compared by it",
        ),
        (["--set", "data.validation=0.5"], "begin a new search with --warm-start"),
        (["--epochs", "none"], "budget.epochs"),
        (["--space", "mnist.yaml"], "--space mnist.yaml: data.name: found 'mnist', expected 'digits'"),
        (["--set", "budget.trials=99"], "expected --trials +N"),
    ],
)
def test_what_cannot_change_is_told_in_a_sentence_and_the_run_is_as_it_was(
    words: list[str], sentence: str, finished: Finished, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (finished.root / "study.journal").read_bytes()
    assert resume.main([str(finished.root), *words]) == 2
    assert sentence in capsys.readouterr().err
    assert (finished.root / "study.journal").read_bytes() == before


def test_longer_trainings_go_on_in_the_same_run(finished: Finished, tmp_path: Path) -> None:
    root = tmp_path / "longer"
    shutil.copytree(finished.root, root)
    best = open_run(root).best()
    assert best is not None
    ended = done("resume", str(root), "--epochs", "4", "--trials", "+1", "--json", folder=tmp_path)
    assert ended.code == 0, ended.err
    again = open_run(root)
    assert again.plan.budget.epochs == 4
    assert [trial.record.aside for trial in again.trials] == [True, True, True, False]
    assert again.trial(3).point == best.point
    assert [trial.config.epochs for trial in again.trials if trial.config] == [3, 3, 3, 4]
    assert ended.events[-1]["reason"] == "all 1 trials are done"
    assert ended.events[-1]["ledger"]["total"]["epochs"] == sum(trial.epochs for trial in again.trials)


@pytest.mark.slow
def test_a_finished_search_is_extended_also_after_it_was_moved(finished: Finished, tmp_path: Path) -> None:
    root = tmp_path / "moved"
    shutil.copytree(finished.root, root)
    ended = done("resume", str(root), "--trials", "+2", "--json", folder=tmp_path)
    assert ended.code == 0, ended.err
    assert ended.events[-1]["reason"] == "all 5 trials are done"
    trials = assert_whole(root, trials=5).trials
    assert all(stint.attempt == 1 for trial in trials for stint in trial.record.stints)

"""The ways in which a search ends by itself: a space that is exhausted, trials that all fail."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest

from search.runs.reader import open_run
from tests.cli.plugin import write_space
from tests.faults.searches import done

pytestmark = pytest.mark.timeout(1200)


@pytest.mark.slow
def test_a_study_in_another_storage_is_resumed_there_until_the_space_is_exhausted(tmp_path: Path) -> None:
    """Three configurations exist: the first call tries one, the second may try five more."""
    space = write_space(tmp_path, trials=1, learning_rate="[0.01, 0.02, 0.05]")
    root, url = tmp_path / "runs" / "mine", f"sqlite:///{tmp_path / 'study.db'}"
    words = ("--space", space, "--runs-dir", str(tmp_path / "runs"), "--storage", url, "--json")
    ended = done("run", *words, folder=tmp_path)
    assert ended.code == 0, ended.err
    assert ended.events[-1]["reason"] == "all 1 trials are done"
    ended = done("resume", str(root), "--trials", "+5", "--json", folder=tmp_path)
    assert ended.code == 0, ended.err
    assert ended.events[-1]["reason"] == "the space is exhausted: all 3 configurations were tried"
    assert not (root / "study.journal").exists()
    study = optuna.load_study(study_name="mine", storage=url)
    assert sorted(trial.params["learning_rate"] for trial in study.trials) == [0.01, 0.02, 0.05]
    assert len(open_run(root).trials) == 3


@pytest.mark.slow
def test_a_search_whose_first_five_trials_fail_stops_with_the_reasons(tmp_path: Path) -> None:
    forward = 'raise RuntimeError("this network is broken")'
    space = write_space(tmp_path, trials=9, forward=forward)
    ended = done("run", "--space", space, "--runs-dir", str(tmp_path / "runs"), folder=tmp_path)
    assert ended.code == 1
    reason = "the first 5 trials failed: RuntimeError: this network is broken (5×)"
    assert reason in " ".join(ended.out.split())
    run = open_run(tmp_path / "runs" / "mine")
    assert {trial.status for trial in run.trials} <= {"failed", "waiting"}
    assert [trial.status for trial in run.trials].count("failed") >= 5

"""Two searches at once whose studies are in one real PostgreSQL: each trial once, and no password anywhere."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest
from optuna.storages import RDBStorage

from search.runs.reader import open_run
from search.runs.storage_url import VARIABLE
from tests.faults.searches import Ended, living, short_space
from tests.faults.whole import assert_events, assert_kept, assert_record
from tests.postgres import postgres

SECRET = "correct-horse-battery"


@pytest.mark.slow
def test_two_searches_share_a_database_and_leave_no_password_on_disk_or_screen(tmp_path: Path) -> None:
    with postgres() as server:
        url = server.url.replace("postgresql://winnow@", "postgresql+psycopg://winnow@")
        full = url.replace("winnow@", f"winnow:{SECRET}@")
        space = short_space(tmp_path, trials=5, epochs=3)
        words = (
            "run",
            "--space",
            space,
            "--runs-dir",
            str(tmp_path / "runs"),
            "--concurrency",
            "1",
            "--json",
        )
        with (
            living(*words, "--name", "one", "--storage", full, folder=tmp_path) as one,
            living(*words, "--name", "two", folder=tmp_path, environment={VARIABLE: full}) as two,
        ):
            ended = [one.wait(), two.wait()]
        for name, verb in zip(("one", "two"), ended, strict=True):
            assert_ended_whole(verb, tmp_path / "runs" / name, url, full)
        assert server.count("select count(*) from studies") == 2
        assert server.count("select count(*) from trials") == 10
        assert server.count("select count(distinct (study_id, number)) from trials") == 10


def assert_ended_whole(verb: Ended, root: Path, url: str, full: str) -> None:
    """Check that a search ended, that its study has each trial once, and that nobody can read its password."""
    assert verb.code == 0, verb.err
    assert SECRET not in verb.out + verb.err
    for path in root.rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes(), f"{path} holds the password"
    run = open_run(root, storage=full)
    study = optuna.load_study(study_name=root.name, storage=(storage := RDBStorage(url)))
    assert [trial.number for trial in study.trials] == list(range(5))
    for trial, frozen in zip(run.trials, study.trials, strict=True):
        assert frozen.state.is_finished()
        assert_record(trial, frozen.intermediate_values)
        assert_events(trial)
        assert_kept(trial)
    storage.engine.dispose()

"""`search.status` without a run lists them all, also damaged ones and copies of a cluster's."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.trial import TrialState, create_trial

from search import resume, status
from search.runs.journal import Journal
from search.runs.layout import RunLayout
from search.runs.lease import FRESH, Holder, Origin, write_origin
from search.runs.record import POINT
from tests.cli.conftest import Finished
from tests.dashboard.conftest import make_run

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture
def runs(finished: Finished, tmp_path: Path) -> Path:
    """A finished run, a copy of it that came home from a living search, an older copy, and a damaged run."""
    for name in ("done", "living", "asleep"):
        shutil.copytree(finished.root, tmp_path / name, ignore=shutil.ignore_patterns("*.pt", "driver.lock"))
    driver = Holder("head", 7, 1.0, 2.0)
    for name, age in (("living", 3.0), ("asleep", FRESH + 60)):
        origin = Origin(f"/there/{name}", "me@head", "/my/cluster.yaml", time.time() - age, driver)
        write_origin(RunLayout(tmp_path / name), origin)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/plan.yaml").write_text("name: [", encoding="utf-8")
    return tmp_path


def test_every_run_is_listed_with_its_state_in_80_columns(
    runs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert status.main(["--runs-dir", str(runs)]) == 0
    table, _, notes = capsys.readouterr().out.partition("asleep is")
    assert max(map(len, table.splitlines())) <= 80
    lines = {line.split()[0]: line for line in table.splitlines() if line[:1].strip()}
    assert [name for name in lines if name != "run"] == ["asleep", "broken", "done", "living"]
    assert "finished  3 of 3" in lines["done"]
    assert "running" in lines["living"]
    assert " a copy: fetched from me@head, 2 min ago\n" in notes
    assert "living is a copy: fetched from me@head" in notes
    assert "damaged" in lines["broken"]
    assert "plan.yaml" in notes.partition("broken:")[2]


def test_machines_get_the_same_list(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status.main(["--runs-dir", str(runs), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["event"] == "runs"
    found = {run["name"]: run for run in document["runs"]}
    assert {name: run["state"] for name, run in found.items()} == {
        "asleep": "finished",
        "broken": "damaged",
        "done": "finished",
        "living": "running",
    }
    assert found["living"]["driver"] == "head, process 7"
    assert found["done"]["best"] == found["living"]["best"]


def test_a_folder_without_runs_is_said_to_be_empty(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status.main(["--runs-dir", str(tmp_path / "absent")]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'absent'}: there are no runs\n"


def test_a_copy_says_what_it_is_and_is_not_resumed_by_mistake(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status.main([str(runs / "asleep")]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "a copy of /there/asleep on me@head, brought home 2 min ago" in said
    assert "python -m search.fetch /there/asleep --cluster /my/cluster.yaml --runs-dir" in said
    assert resume.main([str(runs / "asleep"), "--local"]) == 2
    assert "python -m search.resume /there/asleep --cluster /my/cluster.yaml" in capsys.readouterr().err


def test_a_run_with_a_trial_under_way_is_not_finished_whatever_its_budget(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = make_run(tmp_path)  # four of four trials are done
    study = optuna.load_study(study_name="s", storage=JournalStorage(Journal(layout.journal)))
    study.add_trial(create_trial(state=TrialState.WAITING, system_attrs={POINT: {"width": 32}}))
    assert status.main(["--runs-dir", str(tmp_path), "--json"]) == 0
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert (run["state"], run["done"], run["trials"]) == ("unfinished", 4, 4)

"""Others see and steer a search that runs: status, stop, and requests, each applied or refused with an answer."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import Any

import pytest

from search import status, stop
from search.runs.layout import RunLayout
from search.runs.reader import open_run
from search.runs.requests import Kind, answer_to, send
from search.runs.run import Run
from tests.faults.searches import Living, living, long_space, reports

pytestmark = pytest.mark.timeout(1200)


Captured = pytest.CaptureFixture[str]


def test_a_living_search_is_seen_steered_and_stopped(tmp_path: Path, capsys: Captured) -> None:
    root = tmp_path / "runs" / "digits"
    space = long_space(tmp_path, trials=5)
    words = ("run", "--space", space, "--runs-dir", str(tmp_path / "runs"), "--concurrency", "1", "--json")
    with living(*words, folder=tmp_path) as search:
        search.until("an epoch", lambda: reports(root) >= 1)
        check_status(search, root, capsys)
        check_requests(search, root)
        check_stop_of_a_trial(search, root, capsys)
        assert stop.main([str(root), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["applied"]
        ended = search.wait()
    assert ended.code == 0
    end = ended.events[-1]
    assert end["event"] == "end"
    assert end["reason"] == f"stopped: {getpass.getuser()} asked for it"
    run = open_run(root)
    assert run.driver is None
    assert [trial.status for trial in run.trials] == ["stopped", "waiting"]
    assert run.trials[1].document["status"] == "waiting"


def check_status(search: Living, root: Path, capsys: Captured) -> None:
    """It names the driver."""
    assert status.main([str(root), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["driver"]["process"] == search.process.pid
    assert document["counts"]["running"] == 1
    assert status.main([str(root)]) == 0
    assert f"driven by process {search.process.pid} on " in capsys.readouterr().out


def check_requests(search: Living, root: Path) -> None:
    """Good ones are applied and recorded in the study, bad ones refused with a sentence."""
    assert ask(search, root, "extend", trials=2) == (True, "the search may have 7 trials")
    assert open_run(root).progress().budget == 7
    applied, _ = ask(search, root, "enqueue", point={"optimizer": "adam", "learning_rate": 0.02})
    assert applied
    applied, _ = ask(search, root, "note", trial=0, text="looks odd")
    assert applied
    refused = {
        "trials": ask(search, root, "extend", trials=-1),
        "learning_rate": ask(search, root, "enqueue", point={"learning_rate": 7.0}),
        "trial": ask(search, root, "stop_trial", trial=99),
    }
    for name, (applied, message) in refused.items():
        assert not applied
        assert name in message
    (RunLayout(root).requests / "torn.json").write_text('{"kind": "ext', encoding="utf-8")
    answer = RunLayout(root).answered / "torn.json"
    search.until("an answer to a torn request", answer.is_file)
    assert not json.loads(answer.read_text(encoding="utf-8"))["applied"]
    assert not list(RunLayout(root).requests.glob("*.json"))


def check_stop_of_a_trial(search: Living, root: Path, capsys: Captured) -> None:
    """It ends at its next epoch with who asked for it, and the enqueued configuration is next."""
    assert stop.main([str(root), "--trial", "0"]) == 0
    assert capsys.readouterr().out.strip() == "trial 0 stops"

    def next_trial() -> Run | None:
        run = open_run(root)
        return run if len(run.trials) == 2 and run.trials[1].epochs else None

    run = search.until("the next trial", next_trial)
    assert run.trials[0].status == "stopped"
    assert run.trials[0].record.reason == f"stopped by {getpass.getuser()}"
    assert run.trials[1].point["learning_rate"] == 0.02
    assert run.trials[1].record.origin.startswith("request:")


def ask(search: Living, root: Path, kind: Kind, **arguments: Any) -> tuple[bool, str]:
    layout = RunLayout(root)
    request = send(layout, kind, **arguments)
    answer = search.until(f"an answer to {kind}", lambda: answer_to(layout, request))
    return answer["applied"], answer["message"]

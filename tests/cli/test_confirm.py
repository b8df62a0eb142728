"""`search.confirm` with real Ray on a finished search: killed in the middle, gone on with, printed, called again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from search import confirm
from search.winner.confirmation.document import read_confirmation
from tests.cli.conftest import Finished
from tests.faults.searches import done, living, opened, reports

pytestmark = pytest.mark.timeout(1200)

ASKED = ("--top", "2", "--seeds", "3")


def test_killed_in_the_middle_it_goes_on_and_a_second_call_trains_nothing(
    finished: Finished, tmp_path: Path
) -> None:
    root = Path(shutil.copytree(finished.root, tmp_path / "mine"))
    trainings = root / "winner" / "confirmation"
    words = ("confirm", str(root), *ASKED, "--json")
    with living(*words, folder=tmp_path) as verb:
        verb.until("two epochs", lambda: reports(trainings) >= 2)
        verb.kill_all()
    assert not (root / "winner" / "confirmation.json").exists()

    ended = done(*words, folder=tmp_path)
    assert (ended.code, ended.err) == (0, "")
    assert {event["event"] for event in ended.events} == {"message", "progress", "confirmation"}
    trained = opened(trainings)
    assert trained is not None
    # Two candidates, two trainings each (successive rejects, of the 6 that are allowed), three of the winner.
    assert [(trial.status, trial.epochs) for trial in trained.trials] == [("completed", 3)] * 7
    steps = [list(trial.record.reports) for trial in trained.trials]
    assert steps == [[1, 2, 3]] * 7
    progress = [event for event in ended.events if event["event"] == "progress"]
    assert {event["budget"] for event in progress} == {7}

    found = read_confirmation(root / "winner" / "confirmation.json")
    said = dict(ended.events[-1])
    assert said.pop("event") == "confirmation"
    assert json.loads(json.dumps(found.to_json())) == said
    assert found.test is not None
    assert (found.test.seeds, found.validation.seeds) == (3, 3)

    again = done(*words[:-1], folder=tmp_path)
    assert (again.code, again.err) == (0, "")
    lines = again.out.splitlines()
    assert "All of this was trained before: nothing is trained again." in lines
    assert f"The winner is trial {found.winner}." in lines
    assert len(opened(trainings).trials) == 7  # type: ignore[union-attr]


def test_what_cannot_be_confirmed_is_a_sentence(
    finished: Finished, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert confirm.main([str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err
    assert confirm.main([str(finished.root), "--top", "3", "--budget", "2"]) == 2
    assert "3 candidates need at least 3 trainings, but got 2" in capsys.readouterr().err
    assert not (finished.root / "winner").exists()


@pytest.mark.slow
def test_an_ensemble_of_a_network_of_the_users_own_is_chosen(finished: Finished, tmp_path: Path) -> None:
    root = Path(shutil.copytree(finished.root, tmp_path / "mine"))
    ended = done("ensemble", str(root), "--json", folder=tmp_path)
    assert (ended.code, ended.err) == (0, "")
    assert ended.events[-1]["library"] == 3

"""The driver with real training, without Ray: cut off at any epoch and resumed, and steered by requests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import search
from search.runs import requests
from search.runs.run import Run
from search.training.data import dataset
from tests.inprocess import SPACE, Search, plan_in


def told(run: Run) -> list[tuple[Any, ...]]:
    return [(t.number, t.status, dict(t.point), dict(t.record.values), t.record.reason) for t in run.trials]


@pytest.fixture(scope="module")
def uncut(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("uncut")
    made = Search(plan_in(folder), folder / "run")
    made.go()
    return search.open_run(made.layout.root)


@pytest.mark.parametrize("every", [1, 2, 3])
def test_a_search_that_is_cut_again_and_again_ends_bit_for_bit_as_one_that_was_not(
    uncut: Run, tmp_path: Path, every: int
) -> None:
    made = Search(plan_in(tmp_path), tmp_path / "run")
    for _ in range(40):
        if made.go(epochs=every).reason:
            break
    run = search.open_run(made.layout.root)
    assert told(run) == told(uncut)
    for trial in run.trials:
        assert [stint.attempt for stint in trial.record.stints] == list(
            range(1, len(trial.record.stints) + 1)
        )
        assert all(stint.ending for stint in trial.record.stints)
        assert trial.document["status"] == trial.status
        assert trial.layout.validation.is_file()


def test_who_pauses_at_a_rung_goes_on_from_its_checkpoint_or_ends_with_its_files_in_order(
    tmp_path: Path,
) -> None:
    """Promotion with real training, whole and cut after every epoch: the same decisions, values and files."""
    space = SPACE.replace("name: asha,", "name: asha, kind: promotion,")
    whole, cut = (
        Search(plan_in(tmp_path, space), tmp_path / "a"),
        Search(plan_in(tmp_path, space), tmp_path / "b"),
    )
    whole.go()
    for _ in range(40):
        if cut.go(epochs=1).reason:
            break
    run = search.open_run(whole.layout.root)
    assert told(search.open_run(cut.layout.root)) == told(run)
    assert {trial.status for trial in run.trials} == {"completed", "stopped"}
    assert any("not among the best" in trial.record.reason for trial in run.trials)
    assert any(len(trial.record.stints) > 1 for trial in run.trials)
    for trial in run.trials:
        assert trial.document["status"] == trial.status
        kept = list((whole.layout.trials / str(trial.number)).rglob("checkpoint-*.pt"))
        assert bool(kept) == (trial.status == "completed")


def test_an_epoch_whose_report_was_lost_is_trained_again_and_no_other(uncut: Run, tmp_path: Path) -> None:
    """The worker saved its checkpoint, the driver died before it recorded the report."""
    made = Search(plan_in(tmp_path), tmp_path / "run")
    made.go(epochs=2)
    journal = made.layout.journal
    lines = journal.read_bytes().splitlines(keepends=True)
    last = max(index for index, line in enumerate(lines) if b"winnow:report:" in line)
    journal.write_bytes(b"".join(lines[:last]))
    made.go()
    run = search.open_run(made.layout.root)
    assert told(run) == told(uncut)
    assert run.trials[0].record.stints[1].from_step == 1


def test_a_checkpoint_that_is_gone_costs_the_epochs_again_but_no_record(uncut: Run, tmp_path: Path) -> None:
    made = Search(plan_in(tmp_path), tmp_path / "run")
    made.go(epochs=2)
    for path in made.layout.trials.rglob("checkpoint-*.pt"):
        path.unlink()
    made.go()
    assert told(search.open_run(made.layout.root)) == told(uncut)


def test_more_trials_extend_a_finished_search(tmp_path: Path) -> None:
    made = Search(plan_in(tmp_path), tmp_path / "run")
    made.go()
    assert made.go(more_trials=2).reason == "all 6 trials are done"
    assert len(search.open_run(made.layout.root).trials) == 6


def test_requests_are_applied_recorded_and_answered(tmp_path: Path) -> None:
    made = Search(plan_in(tmp_path), tmp_path / "run")
    made.go(epochs=1)
    sent = [
        requests.send(made.layout, "extend", trials=1),
        requests.send(made.layout, "enqueue", point={"learning_rate": 0.02, "optimizer": "adam"}),
        requests.send(made.layout, "note", trial=0, text="look at this one"),
        requests.send(made.layout, "stop_trial", trial=0),
    ]
    made.go()
    run = search.open_run(made.layout.root)
    for request in sent:
        answered = requests.answer_to(made.layout, request)
        assert answered is not None
        assert answered["applied"], answered["message"]
    assert requests.pending(made.layout) == []
    assert len(run.trials) == 4 + 1 + 1
    enqueued = [trial for trial in run.trials if trial.record.origin == f"request:{sent[1].id}"]
    assert enqueued[0].point["learning_rate"] == 0.02
    assert run.trials[0].status == "stopped"
    assert run.trials[0].record.reason.startswith("stopped by ")


@pytest.mark.parametrize(
    ("kind", "arguments", "said"),
    [
        ("extend", {"trials": -1}, "`trials` is a whole number from 1 to 999996, but got -1"),
        ("extend", {}, "`trials` is a whole number from 1 to 999996, but got None"),
        ("extend", {"trials": 10**400}, "`trials` is a whole number from 1 to 999996, but got 1000"),
        ("stop_trial", {"trial": 99}, "`trial` is a number from 0 to 0, but got 99"),
        ("enqueue", {"point": {"learning_rat": 1}}, "learning_rat"),
        ("enqueue", {"point": 3}, "`point` is a mapping of parameters, but got 3"),
        ("explode", {}, "the kind of a request is one of"),
    ],
)
def test_a_bad_request_is_refused_in_a_sentence_and_harms_nothing(
    tmp_path: Path, kind: Any, arguments: dict[str, Any], said: str
) -> None:
    made = Search(plan_in(tmp_path), tmp_path / "run")
    made.go(epochs=1)
    request = requests.send(made.layout, kind, **arguments)
    made.go(epochs=1)
    answered = requests.answer_to(made.layout, request)
    assert answered is not None
    assert not answered["applied"]
    assert said in answered["message"]


def test_what_is_no_request_at_all_is_refused_or_left_and_harms_nothing(tmp_path: Path) -> None:
    made = Search(plan_in(tmp_path), tmp_path / "run")
    made.go(epochs=1)
    folder = made.layout.requests
    folder.mkdir(exist_ok=True)
    for name, text in (
        ("a", "{"),
        ("b", "[1, 2]"),
        ("c", json.dumps({"kind": "stop", "x": "x" * 100_000})),
        ("d", "[" * 60_000),
        ("e", json.dumps({"kind": "stop", "arguments": {}, "by": 3, "at": "now"})),
    ):
        (folder / f"{name}.json").write_text(text)
    (folder / "folder.json").mkdir()
    (folder / "link.json").symlink_to(folder / "nowhere")
    made.go(epochs=1)
    assert requests.pending(made.layout) == []
    assert sorted(path.stem for path in made.layout.answered.iterdir()) == ["a", "b", "c", "d", "e"]


def test_a_request_is_applied_once_also_when_the_driver_dies_before_its_answer(tmp_path: Path) -> None:
    made = Search(plan_in(tmp_path), tmp_path / "run")
    made.go(epochs=1)
    request = requests.send(made.layout, "extend", trials=1)
    text = (made.layout.requests / f"{request.id}.json").read_text(encoding="utf-8")
    made.go(epochs=1)
    (made.layout.requests / f"{request.id}.json").write_text(text, encoding="utf-8")
    assert made.go().reason == "all 5 trials are done"


def test_a_stop_that_was_asked_of_an_earlier_driver_does_not_end_the_next_one(tmp_path: Path) -> None:
    made = Search(plan_in(tmp_path), tmp_path / "run")
    made.go(epochs=1)
    request = requests.send(made.layout, "stop")
    assert made.go().reason == "all 4 trials are done"
    answered = requests.answer_to(made.layout, request)
    assert answered is not None
    assert not answered["applied"]
    assert "a driver that is gone" in answered["message"]


def test_images_that_are_gone_end_the_search_and_fail_no_trial(tmp_path: Path) -> None:
    images = tmp_path / "images"
    for name in ("a", "b"):
        (images / name).mkdir(parents=True)
        for number in range(10):
            pixels = np.full((8, 8), number * 20, np.uint8)
            Image.fromarray(pixels).save(images / name / f"{number}.png")
    space = SPACE.replace(
        "{name: digits, validation: 0.2}", f"{{name: image_folder, validation: 0.2, dir: {images}}}"
    )
    made = Search(plan_in(tmp_path, space), tmp_path / "run")
    made.go(epochs=1)
    images.rename(tmp_path / "elsewhere")
    dataset._load.cache_clear()
    with pytest.raises(OSError, match="images"):
        made.go()
    (tmp_path / "elsewhere").rename(images)
    assert made.go().reason == "all 4 trials are done"
    assert {trial.status for trial in search.open_run(made.layout.root).trials} <= {"completed", "stopped"}


def test_a_diverging_trial_fails_with_its_reason_and_the_search_goes_on(tmp_path: Path) -> None:
    # A weight decay of 1 at a rate of 100 multiplies every weight by -99 at each step.
    start = "{learning_rate: 100.0, optimizer: sgd, weight_decay: 1.0}"
    space = SPACE.replace("{learning_rate: 0.05}", start).replace("high: 0.1,", "high: 100.0,")
    space += "  weight_decay: [0.0, 1.0]\n"
    made = Search(plan_in(tmp_path, space), tmp_path / "run")
    made.go()
    run = search.open_run(made.layout.root)
    failed = run.trials[0]
    assert failed.status == "failed"
    assert "loss" in failed.record.reason
    assert len(run.trials) == 4
    assert failed.number not in [trial.number for trial in run.ranking()]

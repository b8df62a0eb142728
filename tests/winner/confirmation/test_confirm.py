"""A real confirmation of a real small search: what it trains, what it finds, cut off at any epoch and gone on with."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import search
from search.runs.lease import Lease
from search.runs.predictions import read_predictions
from search.runs.run import Run
from search.training.data import load_data, load_test
from search.winner.confirmation.confirm import (
    CannotConfirm,
    Effort,
    confirming_driver,
    has_test,
    plan_of,
    prepare,
    scheduled,
)
from search.winner.confirmation.document import Confirmation, ConfirmationError, read_confirmation
from search.winner.confirmation.evidence import evidence
from search.winner.confirmation.schedule import CHOICE, TEST, training_of
from search.winner.confirmation.words import warnings
from tests.inprocess import drive

EFFORT = Effort(top=2, trainings=6, tests=2)


def confirmed(run: Run, effort: Effort = EFFORT, *, epochs: int = 10_000) -> Confirmation | None:
    """Confirm a run in this process, at most so many epochs."""
    schedule, candidates = scheduled(run, effort)
    plan, layout = plan_of(run), run.layout.confirming
    data, tested = load_data(plan.data.config, directory=plan.data.folder), has_test(plan)
    layout.root.mkdir(parents=True, exist_ok=True)
    with Lease(layout) as lease:
        prepare(layout, plan, schedule, data)
        driver = confirming_driver(
            plan, layout, schedule, candidates, lease, tested=tested, workers=1, listener=lambda _: None
        )
        drive(driver, epochs)
    return evidence(run, search.open_run(layout.root), schedule, data, tested=tested)


def copied(finished: Path, folder: Path) -> Run:
    """Return a copy of the finished run that may be confirmed."""
    return search.open_run(shutil.copytree(finished, folder / "tiny"))


@pytest.fixture(scope="module")
def run(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return copied(finished, tmp_path_factory.mktemp("confirmed"))


@pytest.fixture(scope="module")
def found(run: Run) -> Confirmation:
    found = confirmed(run)
    assert found is not None
    return found


def test_every_training_has_its_own_seed_and_the_schedule_of_its_candidate(
    run: Run, found: Confirmation
) -> None:
    trained = {
        training_of(trial.record): trial for trial in search.open_run(run.layout.confirming.root).trials
    }
    assert None not in trained
    parts = Counter((one.candidate, one.part) for one in trained if one)
    assert parts == {(one.trial, CHOICE): 2 for one in found.candidates} | {(found.winner, TEST): 2}
    own = {trial.config.seed for trial in run.trials if trial.config}
    for training, trial in trained.items():
        assert training is not None
        assert trial.config is not None
        assert trial.point == run.trial(training.candidate).point
        assert trial.config.seed == training.seed
        assert trial.config.seed not in own
        assert trial.epochs == run.plan.budget.epochs
        assert trial.config.data == run.plan.data.config, "the same validation images"


def test_only_the_winners_last_models_have_seen_the_test_images(run: Run, found: Confirmation) -> None:
    for trial in search.open_run(run.layout.confirming.root).trials:
        training = training_of(trial.record)
        assert training is not None
        assert trial.layout.test.is_file() == (training.part == TEST)
        assert not list(run.layout.confirming.trial(trial.number).folder.glob("*/test.npz"))
    assert found.looked == {str(found.winner): 2}


def test_the_figures_are_those_of_the_predictions_on_disk(run: Run, found: Confirmation) -> None:
    trials = search.open_run(run.layout.confirming.root).trials
    last = [trial for trial in trials if (one := training_of(trial.record)) and one.part == TEST]
    data = load_test(run.plan.data.config, directory=run.plan.data.folder)
    accuracies = []
    for trial in last:
        said = read_predictions(trial.layout.test)
        assert len(said.labels) == len(data)
        accuracies.append(float((said.logits.argmax(axis=1) == said.labels).mean()))
    assert found.test is not None
    assert found.test.mean == pytest.approx(np.mean(accuracies))
    assert found.test.sd == pytest.approx(np.std(accuracies, ddof=1))
    assert found.test.images == len(data)
    assert found.search_score == run.trial(found.winner).score
    assert found.confirmed_score == pytest.approx(np.mean([trial.score for trial in last]))
    assert found.confirmed_score == pytest.approx(found.validation.mean, abs=1 / found.validation.images)
    assert found.optimism == pytest.approx(found.search_score - found.confirmed_score)
    assert sum(one.chance for one in found.candidates) == pytest.approx(1)


def test_the_document_is_read_back_as_it_was(found: Confirmation, tmp_path: Path) -> None:
    path = tmp_path / "confirmation.json"
    path.write_text(json.dumps(found.to_json()), encoding="utf-8")
    assert read_confirmation(path) == found


def test_cut_off_between_a_record_and_its_predictions_it_finds_the_same(
    run: Run, found: Confirmation, tmp_path: Path
) -> None:
    run = search.open_run(shutil.copytree(run.layout.root, tmp_path / "tiny"))
    last = search.open_run(run.layout.confirming.root).trials[-1]
    for kept in (last.layout.validation, last.layout.test):
        kept.rename(last.layout.attempt(last.record.attempt).folder / kept.name)
    schedule, _ = scheduled(run, EFFORT)
    plan = plan_of(run)
    data = load_data(plan.data.config, directory=plan.data.folder)
    prepare(run.layout.confirming, plan, schedule, data)
    assert evidence(run, search.open_run(run.layout.confirming.root), schedule, data, tested=True) == found


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 1}', '{"format": 99}', "null"])
def test_a_damaged_document_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "confirmation.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfirmationError, match=str(path)):
        read_confirmation(path)


def test_a_second_call_trains_nothing_and_a_larger_one_only_what_is_new(
    run: Run, found: Confirmation, tmp_path: Path
) -> None:
    run = search.open_run(shutil.copytree(run.layout.root, tmp_path / "tiny"))
    before = [trial.number for trial in search.open_run(run.layout.confirming.root).trials]
    assert confirmed(run, epochs=0) == found
    larger = confirmed(run, Effort(top=2, trainings=6, tests=3))
    assert larger is not None
    assert larger.test is not None
    assert larger.test.seeds == 3
    after = [trial.number for trial in search.open_run(run.layout.confirming.root).trials]
    assert len(after) == len(before) + 1


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 7), min_size=2, max_size=3))
def test_cut_off_anywhere_it_finds_the_same(
    cuts: list[int], finished: Path, found: Confirmation, tmp_path_factory: pytest.TempPathFactory
) -> None:
    run = copied(finished, tmp_path_factory.mktemp("cut"))
    for epochs in cuts:
        confirmed(run, epochs=epochs)
    again = confirmed(run)
    assert again is not None
    timeless = [{**vars(one), "seconds": 0} for one in again.candidates]
    assert timeless == [{**vars(one), "seconds": 0} for one in found.candidates]
    assert (again.winner, again.validation) == (found.winner, found.validation)
    assert again.test == found.test
    trained = search.open_run(run.layout.confirming.root).trials
    assert len(trained) == 6
    assert all(trial.epochs == run.plan.budget.epochs for trial in trained)


def test_too_few_trainings_are_refused(run: Run) -> None:
    with pytest.raises(CannotConfirm, match="allow more trainings, or fewer candidates"):
        scheduled(run, Effort(top=2, trainings=1))


def test_a_run_without_a_completed_trial_is_refused(finished: Path, tmp_path: Path) -> None:
    run = copied(finished, tmp_path)
    for trial in run.trials:
        trial.layout.document.unlink()
    with pytest.raises(CannotConfirm, match="no trial has completed its 3 epochs yet"):
        scheduled(search.open_run(run.layout.root), EFFORT)


def test_a_longer_schedule_is_another_confirmation_and_earlier_looks_at_the_test_images_are_told(
    run: Run, found: Confirmation, tmp_path: Path
) -> None:
    copy = search.open_run(shutil.copytree(run.layout.root, tmp_path / "tiny"))
    text = copy.layout.plan.read_text(encoding="utf-8").replace("epochs: 3", "epochs: 4")
    copy.layout.plan.write_text(text, encoding="utf-8")
    again = confirmed(search.open_run(copy.layout.root), Effort(top=1, trainings=1, tests=1))
    assert again is not None
    assert again.epochs == 4
    trained = search.open_run(copy.layout.confirming.root).trials
    assert [trial.epochs for trial in trained][-1] == 4
    assert again.validation.seeds == 1
    assert again.looked[str(again.winner)] == found.looked.get(str(again.winner), 0) + 1
    assert any("looked at before" in line for line in warnings(again))


def test_a_training_cut_off_on_another_schedule_is_not_stretched(finished: Path, tmp_path: Path) -> None:
    run = copied(finished, tmp_path)
    confirmed(run, epochs=2)
    text = run.layout.plan.read_text(encoding="utf-8").replace("epochs: 3", "epochs: 4")
    run.layout.plan.write_text(text, encoding="utf-8")
    assert confirmed(search.open_run(run.layout.root), Effort(top=1, trainings=1, tests=1)) is not None
    first, *others = search.open_run(run.layout.confirming.root).trials
    assert (first.status, first.epochs) == ("stopped", 2)
    assert first.record.reason == "it began on a schedule of 3 epochs"
    assert "completed" in {trial.status for trial in others}


def test_a_loss_is_confirmed_by_the_loss(finished: Path, tmp_path: Path) -> None:
    run = copied(finished, tmp_path)
    text = run.layout.plan.read_text(encoding="utf-8")
    assert "metric: val/accuracy, mode: max" in text
    text = text.replace("metric: val/accuracy, mode: max", "metric: val/loss, mode: min")
    run.layout.plan.write_text(text, encoding="utf-8")
    found = confirmed(search.open_run(run.layout.root))
    assert found is not None
    best, other = found.candidate(found.winner), found.runner_up
    assert other is not None
    assert best.score is not None
    assert other.score is not None
    assert best.score < other.score
    assert best.score > 1, "a loss of an untrained network, no accuracy"
    assert best.chance > other.chance
    assert found.optimism == pytest.approx(found.confirmed_score - found.search_score)

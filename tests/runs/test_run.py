"""What is read from a run is what happened, whoever looks: our reader, Optuna, TensorBoard's own loader."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import optuna
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

import search
from search.plan.trial_config import TrialConfig
from search.runs.storage import open_for_reading
from search.training.data import load_data
from search.training.fit import fit
from tests.inprocess import Search, plan_in


def test_every_trial_is_there_with_its_status_and_configuration(finished: Path) -> None:
    run = search.open_run(finished)
    assert [trial.number for trial in run.trials] == [0, 1, 2, 3]
    assert {trial.status for trial in run.trials} <= {"completed", "stopped"}
    assert run.trial(0).point["learning_rate"] == 0.05
    for trial in run.trials:
        assert trial.config is not None
        assert trial.point.items() <= trial.config.settings.items()
        assert trial.config.epochs == 3


def test_the_ranking_puts_completed_trials_first_then_those_that_came_further(finished: Path) -> None:
    run = search.open_run(finished)
    ranking = run.ranking()
    keys = [(t.status != "completed", -t.epochs, -(t.score or 0)) for t in ranking]
    assert keys == sorted(keys)
    best = run.best()
    assert best is not None
    assert best.number == ranking[0].number
    assert best.score == best.record.values[3]


def test_curves_equal_what_tensorboard_and_optuna_read(finished: Path) -> None:
    run = search.open_run(finished)
    name = optuna.get_all_study_names(open_for_reading(run.layout.journal))[0]
    study = optuna.load_study(study_name=name, storage=open_for_reading(run.layout.journal))
    for trial in run.trials:
        assert run.curve(trial.number) == study.trials[trial.number].intermediate_values
        events = EventAccumulator(str(trial.layout.attempt(1).folder)).Reload()
        for tag in ("val/loss", "val/f1", "train/learning_rate"):
            theirs = {event.step: event.value for event in events.Scalars(tag)}
            assert run.curve(trial.number, tag) == pytest.approx(theirs)
    with pytest.raises(KeyError, match="but not 'val/los'"):
        run.curve(0, "val/los")


def test_hyperparameters_stand_at_the_start_and_the_status_at_the_end(finished: Path) -> None:
    for trial in search.open_run(finished).trials:
        events = EventAccumulator(str(trial.layout.attempt(1).folder)).Reload()
        told = events.PluginTagToContent("hparams")
        start = plugin_data_pb2.HParamsPluginData.FromString(told["_hparams_/session_start_info"])
        end = plugin_data_pb2.HParamsPluginData.FromString(told["_hparams_/session_end_info"])
        assert "_hparams_/experiment" not in told
        assert start.session_start_info.group_name == f"tiny/{trial.number}"
        rate = start.session_start_info.hparams["learning_rate"].number_value
        assert rate == trial.point["learning_rate"]
        assert end.session_end_info.status == 1  # STATUS_SUCCESS


def test_validation_logits_give_the_recorded_accuracy_without_any_pickle(finished: Path) -> None:
    for trial in search.open_run(finished).trials:
        with np.load(trial.layout.validation, allow_pickle=False) as arrays:
            assert arrays["logits"].dtype == np.float16
            accuracy = (arrays["logits"].argmax(axis=1) == arrays["labels"]).mean()
        assert accuracy == pytest.approx(trial.score)


def test_the_winners_weights_train_on_and_predict_elsewhere(finished: Path) -> None:
    """With nothing but search.training: the configuration and the checkpoint of the best trial."""
    best = search.open_run(finished).best()
    assert best is not None
    document = json.loads(best.layout.document.read_text(encoding="utf-8"))
    config = TrialConfig.from_json(document["config"])
    checkpoint = finished / document["checkpoint"]
    torch.load(checkpoint, weights_only=True)
    with fit(config, load_data(config.data), checkpoint=checkpoint, device="cpu") as training:
        said = training.predictions()
    assert (said.logits.argmax(axis=1) == said.labels).mean() == pytest.approx(best.score)


def test_losers_keep_no_weights(finished: Path) -> None:
    for trial in search.open_run(finished).trials:
        kept = [path for attempt in trial.layout.attempts() for path in attempt.checkpoints()]
        assert len(kept) == (1 if trial.status == "completed" else 0)


def test_a_run_may_be_moved_and_renamed(finished: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    shutil.copytree(finished, moved)
    best = search.open_run(moved).best()
    assert best is not None
    assert best.record.last is not None
    assert (moved / str(best.record.last.checkpoint)).is_file()


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"this is no run: there is no plan\.yaml in it"):
        search.open_run(tmp_path)


def test_a_run_that_has_only_begun_has_no_trials(tmp_path: Path) -> None:
    made = Search(plan_in(tmp_path), tmp_path / "run")
    run = search.open_run(made.layout.root)
    assert run.trials == []
    assert run.best() is None
    assert run.progress().finished == 0


@pytest.mark.parametrize(
    "content",
    [b"", b'{"config": {', b"[1, 2]", b"\xff\xfe", b'{"config": 3, "metrics": [1]}', b'{"config": {}}'],
)
def test_a_damaged_trial_json_costs_only_what_it_says(finished: Path, tmp_path: Path, content: bytes) -> None:
    """It is derived: score, curve and point stand in the study."""
    shutil.copytree(finished, tmp_path / "run")
    run = search.open_run(tmp_path / "run")
    trial = run.ranking()[0]
    trial.layout.document.write_bytes(content)
    assert trial.config is None
    assert trial.metrics == {}
    assert trial.score == search.open_run(finished).trial(trial.number).score
    assert trial.point["learning_rate"] > 0

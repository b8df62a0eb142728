"""The objective that is guessed by the names is the one that a person would name."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.runs.logs.folder import LogFolder
from search.runs.objective_guess import guessed_metric, guessed_mode
from tests.runs.logs.writing import NAME, VERSION, scalars, write


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["train/loss", "val/loss", "val/accuracy", "learning_rate"], "val/accuracy"),
        (["loss", "val_loss", "epoch"], "val_loss"),
        (["Loss/train", "Loss/test", "Accuracy/train", "Accuracy/test"], "Accuracy/test"),
        (["eval/f1", "eval/loss", "train/acc"], "eval/f1"),
        (
            ["ray/tune/time_total_s", "ray/tune/training_iteration", "ray/tune/mean_loss"],
            "ray/tune/mean_loss",
        ),
        (["rollout/ep_rew_mean_reward", "time/fps"], "rollout/ep_rew_mean_reward"),
        (["lr", "train/loss"], "train/loss"),
        (["lr", "something"], "something"),
        (["val_loss", "loss"], "val_loss"),
        ([], ""),
    ],
)
def test_the_likeliest_metric_is_taken(tmp_path: Path, tags: list[str], expected: str) -> None:
    write(tmp_path / NAME, [VERSION, scalars(1, **dict.fromkeys(tags, 0.5))])
    assert guessed_metric(LogFolder(tmp_path).refresh()) == expected


def test_a_metric_of_few_runs_is_not_the_objective(tmp_path: Path) -> None:
    for number in range(5):
        extra = {"val/accuracy": 1.0} if number == 0 else {}
        write(tmp_path / str(number) / NAME, [VERSION, scalars(1, **{"val/loss": 0.5, **extra})])
    assert guessed_metric(LogFolder(tmp_path).refresh()) == "val/loss"


@pytest.mark.parametrize("metric", ["val/loss", "test_error", "rmse", "eval/perplexity", "WER", "mean_nll"])
def test_less_of_a_loss_is_better(metric: str) -> None:
    assert guessed_mode(metric) == "min"


@pytest.mark.parametrize("metric", ["val/accuracy", "f1", "mAP", "reward", "auroc"])
def test_more_of_a_score_is_better(metric: str) -> None:
    assert guessed_mode(metric) == "max"

"""A trial that is augmented in every way, and mixed: same seed, same curve, also cut and continued."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.training.data import Data
from search.training.fit import fit
from search.training.report import Report
from tests.training.conftest import MakeConfig

EVERYTHING: dict[str, object] = {
    "augmentation": "trivial",
    "augmentation__resized_crop": 0.5,
    "augmentation__brightness": 0.2,
    "augmentation__blur": 1.0,
    "augmentation__noise": 0.1,
    "augmentation__erasing": 0.5,
    "augmentation__mixup": 0.3,
    "augmentation__cutmix": 1.0,
}


LEARNS: dict[str, object] = {"architecture": "lenet5", "optimizer": "adam", "learning_rate": 0.003}


def exact(report: Report) -> dict[str, float]:
    return {name: value for name, value in report.metrics.items() if name != "train/images_per_second"}


def test_cut_and_continued_equals_uncut_bit_for_bit(small: Data, config: MakeConfig, tmp_path: Path) -> None:
    trial = config(epochs=3, **EVERYTHING)
    expected = [exact(report) for report in fit(trial, small, device="cpu")]
    first = fit(trial, small, device="cpu")
    reports = [exact(next(first))]
    first.save(tmp_path / "cut")
    reports += [exact(report) for report in fit(trial, small, checkpoint=tmp_path / "cut", device="cpu")]
    assert reports == expected


def test_mixed_images_still_teach(small: Data, config: MakeConfig) -> None:
    """Validation images are not mixed; hits in training are those of the label that an image has most of."""
    *_, last = fit(config(epochs=8, **LEARNS, augmentation__mixup=0.2), small, device="cpu")
    assert last.metrics["val/accuracy"] > 0.9
    assert 0.8 < last.metrics["train/accuracy"] <= 1


@pytest.mark.parametrize("settings", [{"augmentation__mixup": 1.0}, {"augmentation__cutmix": 1.0}])
def test_the_loss_of_mixed_images_is_above_that_of_plain_ones(
    settings: dict[str, object], small: Data, config: MakeConfig
) -> None:
    """No prediction is right about two labels at once: the entropy of the targets is a floor."""
    *_, plain = fit(config(epochs=8, **LEARNS), small, device="cpu")
    *_, mixed = fit(config(epochs=8, **LEARNS, **settings), small, device="cpu")
    assert mixed.metrics["train/loss"] > plain.metrics["train/loss"] + 0.1

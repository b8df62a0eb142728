"""That transfer helps at all: a network that knows five digits learns the other five faster than a new one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from search.plan.trial_config import DataConfig, TrialConfig, Value
from search.training.data import Data, Split, load_data
from search.training.fit import fit

SETTINGS: dict[str, Value] = {
    "layers": 2,
    "width": 16,
    "batch_size": 32,
    "dropout": 0.0,
    "optimizer": "adamw",
    "learning_rate": 3e-3,
    "schedule": "constant",
    "precision": "float32",
}


def of_classes(data: Data, first: int) -> Data:
    """Return the images of five digits, labelled from 0."""

    def part(split: Split) -> Split:
        labels = split.labels[split.indices]
        return Split(
            split.images, split.labels - first, split.indices[(labels >= first) & (labels < first + 5)]
        )

    classes = data.classes[first : first + 5]
    return Data("digits", classes, data.shape, part(data.train), part(data.validation), data.mean, data.std)


def test_five_digits_help_with_the_other_five(tmp_path: Path) -> None:
    """One epoch on 64 images of the new classes, validated on all that are held out."""
    config = DataConfig("digits", validation=0.2)
    known, new = (of_classes(load_data(config), first) for first in (0, 5))
    few = Split(new.train.images, new.train.labels, np.sort(new.train.indices[:64]))
    new = Data("digits", new.classes, new.shape, few, new.validation, new.mean, new.std)
    with fit(TrialConfig(SETTINGS, config, epochs=6), known, device="cpu") as training:
        list(training)
        torch.save(training.weights(), tmp_path / "known.pt")
    transfer: dict[str, Value] = {"pretrained": True, "weights": str(tmp_path / "known.pt")}
    scratch, transferred = (
        next(fit(TrialConfig({**SETTINGS, **more}, config, epochs=1, seed=1), new, device="cpu"))
        for more in ({}, transfer)
    )
    assert transferred.metrics["val/loss"] < scratch.metrics["val/loss"]
    assert transferred.metrics["val/accuracy"] > scratch.metrics["val/accuracy"] + 0.1

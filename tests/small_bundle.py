"""A small bundle, trained in two seconds without a search, for tests that only need some exported model."""

from __future__ import annotations

from pathlib import Path

from search.plan.trial_config import DataConfig, TrialConfig
from search.winner.trainable import TrainableRecipe

RECIPE = TrainableRecipe(
    TrialConfig(
        {
            "architecture": "cnn",
            "layers": 2,
            "width": 16,
            "dense_units": 0,
            "dropout": 0.0,
            "learning_rate": 0.01,
            "optimizer": "adam",
            "batch_size": 64,
        },
        DataConfig("digits", validation=0.2),
        epochs=4,
    )
)


def small_bundle(folder: Path) -> Path:
    """Train a small network on the digits and write it as a bundle; return its folder."""
    RECIPE.train("digits", out=folder / "bundle", device="cpu")
    return folder / "bundle"

"""What the export sees, made without a search: models with weights by chance, and a confirmation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import torch
from torch import nn

from search.plan.trial_config import DataConfig, TrialConfig
from search.training.data import Data, load_data
from search.training.data.dataset import Split
from search.training.parts import Parts
from search.training.predictions import Predictions
from search.winner.bundle import Bundle
from search.winner.candidate import Trained, TrainedMember
from search.winner.confirmation.document import Confirmation
from search.winner.confirmation.estimate import Estimate
from search.winner.description import Preprocess, write_description
from search.winner.formats import formats


def digits(channels: int = 1) -> Data:
    """Return the digits, 8×8 pixels; in color each channel is another one."""
    data = load_data(DataConfig("digits", validation=0.2))
    if channels == 1:
        return data
    images = np.concatenate([data.train.images, 255 - data.train.images, data.train.images // 2], axis=3)
    parts = {
        name: Split(images, part.labels, part.indices)
        for name, part in (("train", data.train), ("validation", data.validation))
    }
    mean, std = (0.3, 0.7, 0.15), (0.38, 0.3, 0.2)
    return replace(data, shape=(3, 8, 8), mean=mean, std=std, **parts)


def model_by_chance(architecture: str, data: Data, *, seed: int = 0) -> tuple[TrialConfig, nn.Module]:
    """Return an untrained model whose batch norms are not neutral, so that a lost one would be seen.

    A last layer that begins at zero, as a vision transformer's, is drawn: else nothing would be seen.
    """
    settings = Parts.of({"architecture": architecture}).settings
    config = TrialConfig(dict(settings), DataConfig("digits", validation=0.2), epochs=1)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = Parts.of(settings).model(data.shape, len(data.classes))
        for module in model.modules():
            if isinstance(module, nn.Linear) and not module.weight.any():
                nn.init.normal_(module.weight, std=0.1)
            if isinstance(module, nn.BatchNorm2d):
                for tensor, low, high in (
                    (module.running_mean, -0.2, 0.2),
                    (module.running_var, 0.5, 1.5),
                    (module.weight, 0.5, 1.5),
                    (module.bias, -0.2, 0.2),
                ):
                    assert tensor is not None
                    nn.init.uniform_(tensor, low, high)
    return config, model.eval()


def trained_by_chance(data: Data, *members: tuple[TrialConfig, nn.Module, float]) -> Trained:
    """Return models as what a search has trained: with configuration and share."""
    trial: Any = SimpleNamespace(number=7, epochs=1)
    run: Any = SimpleNamespace(name="drawn")
    parts = tuple(TrainedMember(trial, config, model.state_dict(), share) for config, model, share in members)
    nothing = Predictions(np.zeros((1, 10), np.float16), np.zeros(1, np.int64), np.zeros(1, np.int64), 1)
    return Trained(cast(Any, run), parts, data, nothing)


def bundle_by_chance(
    folder: Path, trained: Trained, *names: str, preprocess: Preprocess = "outside"
) -> Bundle:
    """Write a bundle without its check: config.json, the weights, and the named formats."""
    bundle = Bundle(folder)
    write_description(trained, bundle, preprocess=preprocess)
    for name in ("safetensors", *names):
        formats[name].build().write(trained, bundle)
    return bundle


def confirmation(winner: int) -> Confirmation:
    """Return a confirmation of this trial, with figures of its own."""
    seen = Estimate(0.9, 0.01, 0.87, 0.93, 5, 288, any_seed=True)
    return Confirmation("tiny", "val/accuracy", 3, winner, (), seen, seen, 0.92, 0.9, 0.02, {})

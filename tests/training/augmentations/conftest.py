"""Batches and generators for the tests of augmentations."""

from __future__ import annotations

import torch
from torch import Tensor

from search.plan.trial_config import Value
from search.plan.vocabulary import Setting
from search.training.augmentations import Pipeline, augmentations, pipeline

SHAPES = [(1, 8, 8), (3, 32, 32), (3, 9, 14)]


def images(shape: tuple[int, int, int], count: int = 16, dtype: torch.dtype = torch.uint8) -> Tensor:
    """Return random images of whole levels from 1 to 255."""
    pixels = torch.randint(1, 256, (count, *shape), generator=torch.Generator().manual_seed(5))
    return pixels.to(dtype)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def strength(name: str) -> Value:
    """Return a strength in the middle of what an augmentation allows."""
    (main,) = (setting for setting in augmentations[name].settings if setting.name == name)
    return _middle(main)


def _middle(setting: Setting) -> Value:
    if setting.kind == "float":
        return float(setting.high or 1.0) / 2
    return {"bool": True, "int": 4, "choice": setting.choices[-1] if setting.choices else None}[setting.kind]


def only(**settings: Value) -> Pipeline:
    """Return the pipeline of some augmentations."""
    return pipeline({f"augmentation.{name}": value for name, value in settings.items()})


def applied(
    made: Pipeline, batch: Tensor, random: torch.Generator, rows: slice | None = None
) -> tuple[Tensor, Tensor]:
    """Return images and labels, these being the number of each image, of a whole batch or a part of it.

    What a batch of uint8 becomes are whole levels, also where they come as floats: they are returned as uint8.
    """
    draws = made.draw(len(batch), (batch.shape[1], batch.shape[2], batch.shape[3]), random)
    out, labels = made.batch(batch, torch.arange(len(batch)), draws, classes=len(batch), rows=rows)
    levels = out.to(batch.dtype)
    assert torch.equal(levels.to(out.dtype), out)
    return levels, labels

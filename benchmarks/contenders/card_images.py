"""The images that `benchmarks.gpu` trains on: all training images of a folder, or random ones for speed alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.contenders.training_case import VALIDATION, synthetic
from benchmarks.speed_record.record import Images
from search.plan.trial_config import DataConfig
from search.training.data import Data, Split, load_data, load_test
from search.training.data.source import Labels


def card_images(directory: Path | None, count: int) -> tuple[Data, Split]:
    """Return training images, and test images that nothing is chosen by.

    The ten images of the validation split are training images, too: no benchmark looks at what is said of them.

    Args:
        directory: train/<class>/… and test/<class>/…; None: random images of CIFAR-10's shape.
        count: training images, at most; of the test images as many.

    Raises:
        DataError: the folder is not like that.
    """
    if directory is None:
        data = synthetic(count)
        return data, data.validation
    config = DataConfig("image_folder")
    data, test = load_data(config, directory=directory), load_test(config, directory=directory)
    rows = np.sort(np.concatenate([data.train.indices, data.validation.indices]))
    train = Split(data.train.images, data.train.labels, _spread(rows, count))
    validation = Split(data.train.images, data.train.labels, _spread(rows, VALIDATION))
    few = Split(test.images, test.labels, _spread(test.indices, count))
    return replace(data, train=train, validation=validation), few


def _spread(rows: Labels, count: int) -> Labels:
    """Return so many rows at most, evenly spread: of sorted classes a share of each."""
    return rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(np.int64)]


def on_device(split: Split, device: torch.device) -> Images:
    """Return a split's images and labels as tensors on a device."""
    pixels, labels = split.read()
    return Images(
        torch.from_numpy(pixels).permute(0, 3, 1, 2).to(device), torch.from_numpy(labels).to(device)
    )

"""A data set as a trial sees it: splits over memory-mapped images, and their copy on the device."""

from __future__ import annotations

import hashlib
import json
import math
import warnings
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from search.plan.trial_config import DataConfig
from search.training.data.bucket_copy import local_folder
from search.training.data.cache import CachedSet, CachedSplit, cached, opened
from search.training.data.registry import datasets
from search.training.data.source import Images, Labels
from search.training.data.splits import stratified_split
from search.training.errors import DataError, NoTestSplit

NAMED = 10
"""So many classes stand in a message."""

DEVICE_SHARE = 0.5
"""Images move to a GPU where they take at most this share of its free memory; the rest is the model's."""


@dataclass(frozen=True, eq=False)
class Split:
    """Some rows of a source. ``images`` (N, H, W, C) and ``labels`` (N,) are the whole source's; ``indices`` are
    the rows of this split in ascending order, the identity of an image in predictions.
    """

    images: Images
    labels: Labels
    indices: Labels

    def __len__(self) -> int:
        """Return the number of images of this split."""
        return len(self.indices)

    def read(self) -> tuple[Images, Labels]:
        """Return copies of this split's own images (n, H, W, C) and labels (n,)."""
        return self.images[self.indices], self.labels[self.indices]


@dataclass(frozen=True)
class Resident:
    """A source's images (N, H, W, C) uint8 and labels (N,), on the device, or on the host where they do not fit."""

    images: Tensor
    labels: Tensor
    device: torch.device

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Gather images (n, C, H, W) uint8, channels last in memory, and labels (n,), on the device.

        Args:
            rows: (n,) int64 on the images' device, rows of the source.
        """
        images, labels = self.images.index_select(0, rows), self.labels.index_select(0, rows)
        if images.device != self.device:
            images = images.to(self.device, non_blocking=True)
            labels = labels.to(self.device, non_blocking=True)
        return images.permute(0, 3, 1, 2), labels


@dataclass(frozen=True, eq=False)
class Data:
    """A data set, split: what `fit` trains and validates on. It never holds the test split.

    ``shape`` is (C, H, W). ``mean`` and ``std`` are those of the training split's pixels per channel on the scale
    0-1. ``notes`` are sentences for the user about the files. ``fingerprint`` is that of the decoded source.
    """

    name: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    train: Split
    validation: Split
    mean: tuple[float, ...]
    std: tuple[float, ...]
    notes: tuple[str, ...] = ()
    fingerprint: str = ""
    _residents: dict[tuple[str, int], Resident] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def split_fingerprint(self) -> str:
        """16 hexadecimal digits, equal where classes, shape and the label and split of every image are.

        Unlike `fingerprint` it does not change when the same files are copied to another machine.
        """
        digest = hashlib.sha256(json.dumps([self.classes, self.shape]).encode())
        for split in (self.train, self.validation):
            for array in (split.indices, split.labels[split.indices]):
                digest.update(len(array).to_bytes(8, "little"))
                digest.update(array.astype("<i8").tobytes())
        return digest.hexdigest()[:16]

    def to(self, device: torch.device, split: Split) -> Resident:
        """Return a split's source on a device; it moves there once, for all trials of this process.

        Args:
            device: where the batches are wanted.
            split: ``train`` or ``validation``; where both lie in one source they share the copy.
        """
        key = (str(device), id(split.images))
        if key not in self._residents:
            self._residents[key] = _move(split, device)
        return self._residents[key]


def load_data(
    config: DataConfig,
    *,
    directory: Path | str | None = None,
    cache: Path | None = None,
    entry: str | None = None,
) -> Data:
    """Load and split a data set; within a process the last one is kept, so a second call costs nothing.

    The source is looked at once per process: files that change later are seen by new processes only.

    Args:
        config: which images, and how they are split.
        directory: where the files lie or are downloaded to, also `s3://bucket/prefix`; not needed for ``digits``.
        cache: where decoded images are kept on this machine; None for the default (see `cache_folder`).
        entry: of the cache; where it is there, these are the images, and ``directory`` is not looked at.

    Returns:
        The data, memory-mapped; no image has been read yet.

    Raises:
        KeyError: no data set has that name.
        DataError: the files are missing, damaged, or too few.
    """
    return _load(config, directory, cache, entry)


def load_test(
    config: DataConfig,
    *,
    directory: Path | str | None = None,
    cache: Path | None = None,
    entry: str | None = None,
) -> Split:
    """Load the test split, for the one look at the end; the arguments are those of `load_data`.

    Raises:
        KeyError: no data set has that name.
        NoTestSplit: the set has none.
        DataError: its files are missing or damaged.
    """
    source = _source(config, directory, cache, entry)
    if "test" not in source.splits:
        raise NoTestSplit(
            f"{config.name} has no test split; an image_folder has one where it holds a folder test/"
        )
    return _whole(source.splits["test"])


@lru_cache(maxsize=2)
def _load(config: DataConfig, directory: Path | str | None, cache: Path | None, entry: str | None) -> Data:
    source = _source(config, directory, cache, entry)
    train, validation = _split(source, config)
    _refuse_one_class(source)
    height, width, channels = train.images.shape[1:]
    mean, std = mean_and_std(source.splits["train"].moments[train.indices], height * width)
    return Data(
        name=config.name,
        classes=source.contents.classes,
        shape=(channels, height, width),
        train=train,
        validation=validation,
        mean=mean,
        std=std,
        notes=source.contents.notes,
        fingerprint=source.fingerprint,
    )


def _source(
    config: DataConfig, directory: Path | str | None, cache: Path | None, entry: str | None
) -> CachedSet:
    found = opened(entry, cache) if entry else None
    return found or cached(datasets[config.name].build(config, local_folder(directory, cache)), cache)


def _split(source: CachedSet, config: DataConfig) -> tuple[Split, Split]:
    train = source.splits["train"]
    if "validation" in source.splits:
        return _whole(train), _whole(source.splits["validation"])
    _refuse_single_images(train.labels, source.contents.classes)
    kept, held = stratified_split(train.labels, config.validation, config.split_seed)
    return Split(train.images, train.labels, kept), Split(train.images, train.labels, held)


def _refuse_single_images(labels: Labels, classes: tuple[str, ...]) -> None:
    """Say which classes cannot be split; the split itself knows their numbers only."""
    sizes = np.bincount(labels, minlength=len(classes))
    names = [name for name, size in zip(classes, sizes, strict=True) if size == 1]
    if names:
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        raise DataError(
            f"1 image, but 2 are needed, one to train on and one to validate on, in: {', '.join(names[:NAMED])}{more}"
        )


def _refuse_one_class(source: CachedSet) -> None:
    if len(source.contents.classes) < 2:
        raise DataError(f"the images have one class, {source.contents.classes[0]}; at least 2 are needed")


def _whole(split: CachedSplit) -> Split:
    return Split(split.images, split.labels, np.arange(len(split.labels)))


def mean_and_std(moments: npt.NDArray[np.int64], pixels: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation per channel on the scale 0-1, exactly, from the images' moments.

    The variance is taken in whole numbers: in floating point a channel of one colour would have one of 1e-21
    for 272 of 1,024 colours and counts tried, and be divided by its root.

    Args:
        moments: (N, C, 2), of `search.training.data.cache.moments`.
        pixels: of an image in one channel.
    """
    count = len(moments) * pixels
    channels = [(int(x), int(squares)) for x, squares in moments.sum(axis=0)]
    mean = tuple(x / (255 * count) for x, _ in channels)
    spread = tuple(squares * count - x * x for x, squares in channels)  # (255 · count)² times the variance
    std = tuple(math.sqrt(value) / (255 * count) if value else 1.0 for value in spread)
    return mean, std


def _move(split: Split, device: torch.device) -> Resident:
    with warnings.catch_warnings():
        # The cache is mapped read-only, and batches are copies: nothing ever writes to this tensor.
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        images, labels = torch.from_numpy(split.images), torch.from_numpy(split.labels)
    if device.type == "cuda" and images.nbytes > DEVICE_SHARE * torch.cuda.mem_get_info(device)[0]:
        return Resident(images, labels, device)
    return Resident(images.to(device), labels.to(device), device)

"""A data set as a trial sees it: its splits, and the way from their images to the device."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from search.plan.trial_config import Access, DataConfig
from search.training.cache_folder import cache_folder
from search.training.data.access import fits_memory, size_text
from search.training.data.batches import Batches, batches_of
from search.training.data.bucket_copy import local_folder
from search.training.data.cache import CachedSet, CachedSplit, cached, opened
from search.training.data.file_images import FileImages
from search.training.data.registry import datasets
from search.training.data.source import Images, Labels
from search.training.data.splits import stratified_split
from search.training.errors import DataError, NoTestSplit

NAMED = 10
"""So many classes stand in a message."""


@dataclass(frozen=True, eq=False)
class Split:
    """Some rows of a source. ``images`` (N, H, W, C) and ``labels`` (N,) are the whole source's; ``indices`` are
    the rows of this split in ascending order, the identity of an image in predictions.
    """

    images: Images | FileImages
    labels: Labels
    indices: Labels

    def __len__(self) -> int:
        """Return the number of images of this split."""
        return len(self.indices)

    def read(self) -> tuple[Images, Labels]:
        """Return copies of this split's own images (n, H, W, C) and labels (n,)."""
        return self.images[self.indices], self.labels[self.indices]


@dataclass(frozen=True, eq=False)
class Data:
    """A data set, split: what `fit` trains and validates on. It never holds the test split.

    ``shape`` is (C, H, W). ``mean`` and ``std`` are those of the training split's pixels per channel on the scale
    0-1. ``notes`` are sentences for the user about the files. ``fingerprint`` is that of the decoded source. ``access``
    says which way the images go; none of them changes a bit of a batch.
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
    access: Access = "auto"
    _ways: dict[tuple[str, int], Batches] = field(default_factory=dict, init=False, repr=False)

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

    def to(self, device: torch.device, split: Split) -> Batches:
        """Return the way of a split's source to a device, the same one for all trials of this process.

        Args:
            device: where the batches are wanted.
            split: ``train`` or ``validation``; where both lie in one source they share the copy.
        """
        key = (str(device), id(split.images))
        if key not in self._ways:
            self._ways[key] = batches_of(split.images, split.labels, device, self.access)
        return self._ways[key]


def load_data(
    config: DataConfig,
    *,
    directory: Path | str | None = None,
    cache: Path | None = None,
    entry: str | None = None,
    access: Access | None = None,
) -> Data:
    """Load and split a data set; within a process the last one is kept, so a second call costs nothing.

    The source is looked at once per process: files that change later are seen by new processes only.

    Args:
        config: which images, and how they are split.
        directory: where the files lie or are downloaded to, also `s3://bucket/prefix`; not needed for ``digits``.
        cache: where decoded images are kept on this machine; None for the default (see `cache_folder`).
        entry: of the cache; where it is there, these are the images, and ``directory`` is not looked at.
        access: ``resident``: a copy on the device, on the CPU the memory map itself; ``streamed``: gathered from
            the memory map beside the training; ``decoded``: from the files. ``auto``: the first of these that fits.
            None: ``auto``, but as they lie in the cache, where they do: who looks at a finished trial decodes nothing.

    Returns:
        The data, memory-mapped; no image has been read yet.

    Raises:
        KeyError: no data set has that name.
        DataError: the files are missing, damaged, or too few.
    """
    return _load(config, directory, cache_folder(cache), entry, access)


def load_test(
    config: DataConfig,
    *,
    directory: Path | str | None = None,
    cache: Path | None = None,
    entry: str | None = None,
) -> Split:
    """Load the test split, for the one look at the end; the arguments are those of `load_data`.

    Its images lie where those of the training do: the cache has them decoded, or their files.

    Raises:
        KeyError: no data set has that name.
        NoTestSplit: the set has none.
        DataError: its files are missing or damaged.
    """
    source = _source(config, directory, cache, entry, None)
    if "test" not in source.splits:
        raise NoTestSplit(
            f"{config.name} has no test split; an image_folder has one where it holds a folder test/, "
            "an image_csv where the column split says test"
        )
    return _whole(source.splits["test"])


@lru_cache(maxsize=2)
def _load(
    config: DataConfig,
    directory: Path | str | None,
    cache: Path,
    entry: str | None,
    access: Access | None,
) -> Data:
    source = _source(config, directory, cache, entry, access)
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
        notes=(*source.contents.notes, *_way_of(source, access or "auto")),
        fingerprint=source.fingerprint,
        access=access or "auto",
    )


def _source(
    config: DataConfig,
    directory: Path | str | None,
    cache: Path | None,
    entry: str | None,
    access: Access | None,
) -> CachedSet:
    found = opened(entry, cache) if entry else None
    if found is not None:
        return found
    return cached(datasets[config.name].build(config, local_folder(directory, cache)), cache, access=access)


def _way_of(source: CachedSet, access: Access) -> tuple[str, ...]:
    """Say how large the images are and where they come from, unless they just stay in memory."""
    images = next(iter(source.splits.values())).images
    size = f"images: {size_text(source.nbytes)}"
    if isinstance(images, FileImages):
        return (f"{size}, decoded on the fly from {images.folder}",)
    if access == "streamed" or (access == "auto" and not fits_memory(source.nbytes)):
        return (f"{size}, streamed from {Path(str(getattr(images, 'filename', 'memory'))).parent}",)
    return ()


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

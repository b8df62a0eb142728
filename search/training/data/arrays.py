"""Images that are in memory already, as a data set: split like any other, kept out of the cache."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from search.training.data.cache import moments
from search.training.data.dataset import Data, Split, mean_and_std
from search.training.data.source import Images, Labels
from search.training.data.splits import stratified_split
from search.training.errors import DataError


def data_of_arrays(
    images: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    classes: Sequence[str] | None = None,
    validation: float = 0.1,
    split_seed: int = 0,
) -> Data:
    """Make a data set of arrays.

    Args:
        images: uint8 (N, H, W), or (N, H, W, C) with C 1 (grey) or 3 (RGB); they are not copied.
        labels: (N,), whole numbers or names.
        classes: names of the classes where the labels are their places, from 0; None: the labels themselves, sorted.
        validation: share of each class that is held out, 0 to 1, exclusive.
        split_seed: of the choice which.

    Returns:
        The data; its name is ``arrays``.

    Raises:
        DataError: the arrays are of another type or shape, do not belong together, or a class has fewer than 2 images.
    """
    pixels, given = _pixels(images), np.asarray(labels)
    if given.ndim != 1 or len(given) != len(pixels) or given.dtype.kind not in "iuUS":
        raise DataError(
            f"the labels of {len(pixels)} images must be whole numbers or names ({len(pixels)},), but got "
            f"{given.dtype} {given.shape}"
        )
    names, numbers = _numbered(given, classes)
    kept, held = stratified_split(numbers, validation, split_seed)
    mean, std = mean_and_std(moments(pixels[kept]), pixels.shape[1] * pixels.shape[2])
    height, width, channels = pixels.shape[1:]
    return Data(
        name="arrays",
        classes=names,
        shape=(channels, height, width),
        train=Split(pixels, numbers, kept),
        validation=Split(pixels, numbers, held),
        mean=mean,
        std=std,
    )


def _pixels(images: npt.ArrayLike) -> Images:
    found = np.asarray(images)
    found = found[..., None] if found.ndim == 3 else found
    if found.dtype != np.uint8 or found.ndim != 4 or found.shape[3] not in (1, 3) or not found.size:
        raise DataError(
            "images must be uint8 (N, H, W) or (N, H, W, C) with 1 or 3 channels, but got "
            f"{found.dtype} {np.shape(images)}"
        )
    pixels: Images = found
    return pixels


def _numbered(
    given: npt.NDArray[np.generic], classes: Sequence[str] | None
) -> tuple[tuple[str, ...], Labels]:
    """Return the classes, and each label's place among them."""
    if classes is None:
        found, places = np.unique(given, return_inverse=True)
        names, numbers = tuple(map(str, found.tolist())), places.astype(np.int64)
    elif given.dtype.kind not in "iu" or given.min() < 0 or given.max() >= len(classes):
        raise DataError(f"with {len(classes)} classes the labels must be 0 to {len(classes) - 1}")
    elif len(set(classes)) < len(classes):
        raise DataError(f"the classes must have different names, but got {', '.join(classes)}")
    else:
        names, numbers = tuple(classes), given.astype(np.int64)
    sizes = np.bincount(numbers, minlength=len(names))
    if few := [name for name, size in zip(names, sizes, strict=True) if size < 2]:
        raise DataError(
            f"each class needs 2 images, one to train on and one to validate on, but {few[0]} has fewer"
        )
    if len(names) < 2:
        raise DataError(f"the images have one class, {names[0]}; at least 2 are needed")
    return names, numbers

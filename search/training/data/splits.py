"""Stratified splits that depend on nothing but the labels, the share and the seed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from search.training.data.source import Labels
from search.training.errors import DataError


def stratified_split(labels: Labels, share: float, seed: int) -> tuple[Labels, Labels]:
    """Hold out the same share of every class.

    The sizes are those of the largest-remainder rule: they add up to the rounded share of all images, and each
    class is within one image of its own share; but every class keeps at least one image on both sides.

    Args:
        labels: (N,) class indices.
        share: of the images to hold out, 0-1, exclusive.
        seed: any whole number; equal seeds split equally on every machine and version of NumPy.

    Returns:
        The indices kept and the indices held out, each in ascending order.

    Raises:
        DataError: a share that is not between 0 and 1, or a class of a single image.
    """
    if not 0 < share < 1:
        raise DataError(f"data.validation must lie between 0 and 1, but is {share:g}")
    sizes = np.bincount(labels)
    held = _held_out_sizes(sizes, share)
    random = np.random.PCG64(abs(seed) * 2 + (seed < 0))
    chosen = [
        _shuffled(np.flatnonzero(labels == label), random)[: held[label]] for label in range(len(sizes))
    ]
    mask = np.zeros(len(labels), dtype=bool)
    mask[np.concatenate(chosen)] = True
    return np.flatnonzero(~mask), np.flatnonzero(mask)


def _held_out_sizes(sizes: npt.NDArray[np.intp], share: float) -> npt.NDArray[np.intp]:
    for label in np.flatnonzero(sizes == 1):
        raise DataError(
            f"class {label} has 1 image, but 2 are needed: one to train on and one to validate on"
        )
    exact = sizes * share
    held = np.floor(exact).astype(np.intp)
    missing = round(float(sizes.sum() * share)) - int(held.sum())
    held[np.argsort(held - exact, kind="stable")[: max(missing, 0)]] += 1
    return np.where(sizes > 0, np.clip(held, 1, np.maximum(sizes - 1, 1)), 0)


def _shuffled(indices: npt.NDArray[np.intp], random: np.random.PCG64) -> npt.NDArray[np.intp]:
    # The raw 64-bit stream of PCG64 is fixed by its definition; NumPy's permutation() may change between versions.
    return indices[np.argsort(random.random_raw(len(indices)), kind="stable")]

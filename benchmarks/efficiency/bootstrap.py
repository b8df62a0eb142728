"""Intervals by bootstrap over groups, then over members (Davison and Hinkley 1997, 3.8): tasks, then seeds.

A resample is a vector of weights over all members, so that any number of columns is one matrix product.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RESAMPLES = 4000
SHARE = 0.95


def weights(groups: Sequence[Hashable], *, resamples: int = RESAMPLES, seed: int = 0) -> Array:
    """Return the weights of the members in each resample, shape [resamples, members]; each row sums to 1.

    Groups are drawn with replacement, as many as there are; of each drawn group its members, as many as it has.

    Args:
        groups: of each member, shape [members].
        resamples: how many.
        seed: of the draws.
    """
    return _weights(tuple(groups), resamples, seed)


def mean(groups: Sequence[Hashable], values: Array) -> Array:
    """Return the mean over groups of the means over members, shape [columns].

    Args:
        groups: of each member, shape [members].
        values: shape [members, columns].
    """
    labels = list(dict.fromkeys(groups))
    of = [np.mean([v for g, v in zip(groups, values, strict=True) if g == label], axis=0) for label in labels]
    found: Array = np.mean(of, axis=0)
    return found


def interval(statistics: Array, *, share: float = SHARE) -> tuple[Array, Array]:
    """Return the percentile interval of resampled statistics, shape [resamples, …], as low and high ends."""
    low, high = np.quantile(statistics, [(1 - share) / 2, (1 + share) / 2], axis=0)
    return low, high


def needed(curve: Array, target: float) -> float:
    """Return after how many trainings a curve of regrets is at or below a target; infinite where it never is.

    Between two numbers of trainings it is taken for a straight line.

    Args:
        curve: regrets after 1, 2, 3, … trainings.
        target: a regret.
    """
    reached = np.flatnonzero(curve <= target)
    if not len(reached):
        return float("inf")
    at = int(reached[0])
    if at == 0:
        return 1.0
    before, after = float(curve[at - 1]), float(curve[at])
    return at + (before - target) / (before - after)


@lru_cache(maxsize=32)
def _weights(groups: tuple[Hashable, ...], resamples: int, seed: int) -> Array:
    rng = np.random.default_rng(seed)
    labels = list(dict.fromkeys(groups))
    members = [np.flatnonzero([group == label for group in groups]) for label in labels]
    found = np.zeros((resamples, len(groups)))
    for row in found:
        for drawn in rng.integers(len(labels), size=len(labels)):
            of = members[drawn]
            counts = np.bincount(rng.integers(len(of), size=len(of)), minlength=len(of))
            row[of] += counts / (len(of) * len(labels))
    return found

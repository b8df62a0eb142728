"""How accurate a recipe is on new images, whichever seed it is trained with: mean, spread and 95 % interval.

S models of one recipe that differ in their seed judge the same N images. Whether model s is right about image i is a
two-way layout of random effects with one value a cell, y = mean + seed + image + rest, and its mean has the variance
(MS_seed + MS_image - MS_rest) / (S N) (Searle, Casella and McCulloch 1992, "Variance Components", section 4.3), with
degrees of freedom by Satterthwaite 1946. The interval is Wilson's with that variance and Student's t instead of the
binomial's and z, as for surveys of clusters (Dean and Pagano 2015): it stays within 0 and 1.

Few seeds say little about the spread between seeds, one says nothing: what other models say of it is pooled.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit  # quantiles of Student's t; scipy.stats takes 1.8 s to import

from search.runs.interval import Z95

Correct = npt.NDArray[np.bool_]
"""(S, N): whether each of S models is right about each of N images."""

ENOUGH = 3
"""Models that speak for their own spread. With 2 the interval held the truth in 89 % of the draws only where seeds vary
much; with others' models pooled to 3 or more it became needlessly wide: 98 %."""

FEW = 5
"""Where no more images than that are missed by any model (or hit), their spread is hardly known: see `_wilson`."""


@dataclass(frozen=True)
class Estimate:
    """The expected accuracy of a recipe: 0 to 1.

    ``sd`` is the standard deviation of the models' accuracies, 0 where there is one; ``low`` and ``high`` are the 95 %
    interval for new seeds and new images, of this one model for new images only where ``any_seed`` is false: nothing
    says how much seeds vary.
    """

    mean: float
    sd: float
    low: float
    high: float
    seeds: int
    images: int
    any_seed: bool


@dataclass(frozen=True)
class Difference:
    """By how much a recipe's expected accuracy is above another's, with its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class _Part:
    """A share of the variance of a mean, and how sure it is: half the variance of its own estimate."""

    variance: float
    doubt: float

    def times(self, factor: float) -> _Part:
        return _Part(self.variance * factor, self.doubt * factor**2)


def estimate(correct: Correct, *, likewise: Sequence[Correct] = ()) -> Estimate:
    """Return the expected accuracy of a recipe.

    Args:
        correct: (S, N) of its models, at least one, on the same images, at least two.
        likewise: of other models that vary with their seeds as these do, such as of the same recipe, on these or on
            other images; asked where there are fewer than `ENOUGH`.
    """
    seeds, images = correct.shape
    accuracies = correct.mean(axis=1)
    spread = _spread([correct] if seeds >= ENOUGH else [correct, *likewise])
    parts = [_of_images(correct.mean(axis=0)), *([spread.times(1 / seeds)] if spread else [])]
    mean = float(accuracies.mean())
    sd = float(accuracies.std(ddof=1)) if seeds > 1 else 0.0
    low, high = _wilson(correct, parts)
    return Estimate(mean, sd, low, high, seeds, images, spread is not None)


def difference(one: Correct, other: Correct, *, likewise: Sequence[Correct] = ()) -> Difference | None:
    """Return by how much one recipe is better than another on the same images; None where seeds are too few to tell.

    Args:
        one: (S, N) of its models.
        other: (S', N); the seeds are others, the images are the same.
        likewise: of models of other recipes, which vary with their seeds about as much.
    """
    spread = _spread([one, other, *likewise])
    if spread is None:
        return None
    return _between(one, other, [spread.times(1 / len(one) + 1 / len(other))])


def paired(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> Difference:
    """Return by how much one model is better than another on new images, whatever their seeds.

    Args:
        one: (N,) whether it is right about each image.
        other: (N,).
    """
    return _between(one[None], other[None], [])


def seed_variance(models: Sequence[Correct]) -> float | None:
    """Return the variance of true accuracies between seeds, pooled over recipes; None where no recipe has two.

    Args:
        models: of each recipe the (S, N) of its models.
    """
    spread = _spread(models)
    return None if spread is None else spread.variance


def critical(parts: Sequence[_Part]) -> float:
    """Return by how many standard errors a 95 % interval reaches to each side."""
    whole, doubt = sum(part.variance for part in parts), sum(part.doubt for part in parts)
    if doubt <= 0 or whole <= 0:
        return Z95
    return float(stdtrit(whole**2 / doubt, 0.975))


def _between(one: Correct, other: Correct, seeds: list[_Part]) -> Difference:
    parts = [*seeds, _of_images(one.mean(axis=0) - other.mean(axis=0))]
    mean = float(one.mean() - other.mean())
    half = critical(parts) * math.sqrt(sum(part.variance for part in parts))
    return Difference(mean, mean - half, mean + half)


def _spread(models: Sequence[Correct]) -> _Part | None:
    """Return the variance between seeds, which images that chance drew do not explain, pooled over recipes."""
    several = [one for one in models if len(one) > 1]
    if not several:
        return None
    between = rest = doubt_between = doubt_rest = 0.0
    freedom = sum(len(one) - 1 for one in several)
    for one in several:
        (seeds, images), weight = one.shape, (len(one) - 1) / freedom
        by_seed, by_image, mean = one.mean(axis=1), one.mean(axis=0), one.mean()
        square = float(((by_seed - mean) ** 2).sum()) / (seeds - 1)
        left = float(((one - by_seed[:, None] - by_image[None, :] + mean) ** 2).sum())
        left /= (seeds - 1) * (images - 1) * images
        between, rest = between + weight * square, rest + weight * left
        doubt_between += weight**2 * square**2 / (seeds - 1)
        doubt_rest += weight**2 * left**2 / ((seeds - 1) * (images - 1))
    return _Part(max(between - rest, 0.0), doubt_between + doubt_rest)


def _of_images(shares: npt.NDArray[np.float64]) -> _Part:
    """Return what the draw of the images adds: (N,), the mean over the models."""
    variance = float(shares.var(ddof=1)) / len(shares)
    return _Part(variance, variance**2 / (len(shares) - 1))


def _wilson(correct: Correct, parts: Sequence[_Part]) -> tuple[float, float]:
    images, mean = correct.shape[1], float(correct.mean())
    variance, width = sum(part.variance for part in parts), critical(parts)
    count = mean * (1 - mean) / variance if variance > 0 and 0 < mean < 1 else float(images)
    missed, hit = int((~correct.all(axis=0)).sum()), int(correct.any(axis=0).sum())
    if min(missed, hit) <= FEW:
        # Almost all are right, or almost none is: what the few others tell of the spread is chance, and several models
        # of one kind are no more images. Without this the interval held 0.998 in 91.6 % of 1,500 draws only.
        count = min(count, float(images))
    square = width**2
    center = (mean + square / (2 * count)) / (1 + square / count)
    half = width / (1 + square / count) * math.sqrt(mean * (1 - mean) / count + square / (4 * count**2))
    # Exact where nothing or everything is right: there the two terms cancel but for rounding.
    return 0.0 if mean == 0 else max(center - half, 0.0), 1.0 if mean == 1 else min(center + half, 1.0)

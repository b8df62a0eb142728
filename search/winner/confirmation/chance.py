"""How probable it is that each candidate is the best one, after what was seen: by simulation."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, variance

import numpy as np
import numpy.typing as npt

from search.winner.confirmation.estimate import Correct, seed_variance

DRAWS = 20_000
"""A chance of 0.5 is then known to 0.004."""

EQUAL = 1e-12
"""Candidates that are no further apart share a draw: those that never differed have equal chances."""


def chances(candidates: Sequence[Correct], *, draws: int = DRAWS, seed: int = 0) -> list[float]:
    """Return for each candidate the chance that its expected accuracy is the highest; they add up to 1.

    The images are drawn once for all candidates, which they judge alike; the spread between seeds is pooled over the
    candidates, since two or three trainings of one say little about it.

    Args:
        candidates: of each the (S, N) of its models on the same N images; S may differ.
        draws: of the simulation.
        seed: of its chance.
    """
    rng = np.random.default_rng(seed)
    shares = np.stack([one.mean(axis=0) for one in candidates])  # (K, N)
    images = np.atleast_2d(np.cov(shares)) / shares.shape[1]
    drawn = rng.multivariate_normal(shares.mean(axis=1), images, size=draws, method="eigh")
    counts = [len(one) for one in candidates]
    return _best(drawn + _of_seeds(rng, seed_variance(candidates) or 0.0, counts, draws))


def chances_by_score(
    candidates: Sequence[Sequence[float]], *, maximize: bool, draws: int = DRAWS, seed: int = 0
) -> list[float]:
    """Return for each candidate the chance that its expected score is the best; they add up to 1.

    For scores that are no share of right answers, such as a loss. What new images would change is left out.

    Args:
        candidates: the scores of each one's models, at least one.
        maximize: higher is better.
        draws: of the simulation.
        seed: of its chance.
    """
    rng = np.random.default_rng(seed)
    several = [one for one in candidates if len(one) > 1]
    freedom = sum(len(one) - 1 for one in several)
    pooled = sum(variance(one) * (len(one) - 1) for one in several) / freedom if freedom else 0.0
    means = np.array([fmean(one) if maximize else -fmean(one) for one in candidates])
    return _best(means + _of_seeds(rng, pooled, [len(one) for one in candidates], draws))


def _of_seeds(
    rng: np.random.Generator, spread: float, counts: Sequence[int], draws: int
) -> npt.NDArray[np.float64]:
    """Draw by how much the seeds move each mean: (draws, K)."""
    freedom = max(sum(counts) - len(counts), 1)
    return np.sqrt(spread / np.array(counts)) * rng.standard_t(freedom, size=(draws, len(counts)))


def _best(drawn: npt.NDArray[np.float64]) -> list[float]:
    """Return how often each column is the greatest; a draw is shared where several are."""
    best = drawn >= drawn.max(axis=1, keepdims=True) - EQUAL
    found = (best / best.sum(axis=1, keepdims=True)).mean(axis=0)
    return [float(share) for share in found]

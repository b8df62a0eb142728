"""The upper tail of a sample of scores, and what the best of more such scores would be.

Scores above a high threshold are close to a generalised Pareto distribution, whatever the distribution below it
(Pickands 1975). Its shape and scale are weighed on a grid by the best few scores, so that the draws hold the
uncertainty of both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

DRAWS = 2000
"""The ends of a 90 % interval then lie within 0.5 % of where they should, in probability."""

FEWEST = 4
"""Scores above the threshold, at least."""

ABOVE = 1.5
"""Times the root of the sample's size: so many scores lie above the threshold. With a quarter or a half of 200
scores instead, mixed samples were covered in 79 and 40 % of the cases where 90 were due; with this in 90 %."""

SHAPES = np.linspace(-1.0, 0.15, 12)
"""Of the tail. A bounded score has a shape of at most 0, and -1 is a wall, such as that of the uniform distribution;
a little above 0 is allowed since the best few of a normal sample look so. No value here is 0 exactly."""

SCALES = np.geomspace(1 / 8, 16, 41)
"""Of the tail, in units of the mean excess over the threshold."""


@dataclass(frozen=True)
class Tail:
    """`DRAWS` draws of what the tail may be: the share of scores above ``threshold``, and their shape and scale."""

    threshold: float
    share: Array
    shape: Array
    scale: Array

    @classmethod
    def of(cls, scores: Array, rng: np.random.Generator) -> Tail:
        """Estimate.

        Args:
            scores: at least `FEWEST` + 1 scores, larger ones better, of exchangeable trials.
            rng: of the draws.
        """
        ordered = np.sort(scores)[::-1]
        above = min(len(ordered) - 1, max(FEWEST, math.ceil(ABOVE * math.sqrt(len(ordered)))))
        threshold = float(ordered[above])
        shape, scale = _posterior(_excesses(ordered, above), rng)
        # The mass above an order statistic is Beta distributed whatever the distribution of the scores.
        share = rng.beta(above + 1, len(ordered) - above, DRAWS)
        return cls(threshold, share, shape, scale)

    def best_of(self, counts: Array, rng: np.random.Generator) -> Array:
        """Draw the best of so many more scores, (DRAWS,); -inf where none passes the threshold.

        Args:
            counts: whole numbers (DRAWS,), how many there are in each draw.
            rng: of the draws.
        """
        passing = rng.binomial(counts.astype(np.int64), self.share)
        # The best of n has the mass U^(1/n) below it, U uniform; what is above it is exact also for a large n.
        above = -np.expm1(np.log1p(-rng.random(DRAWS)) / np.maximum(passing, 1))
        excess = self.scale * np.expm1(-self.shape * np.log(above)) / self.shape
        best: Array = np.where(passing > 0, self.threshold + excess, -np.inf)
        return best


def _excesses(ordered: Array, above: int) -> Array:
    """Return by how much the best pass the threshold; half a step where all of them tie with it."""
    excesses: Array = ordered[:above] - ordered[above]
    if excesses.any():
        return excesses
    steps = np.diff(np.unique(ordered))
    return np.full(above, steps.min() / 2 if len(steps) else 0.0)


def _posterior(excesses: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Draw shapes and scales by their likelihood, uniform in the shape and in the logarithm of the scale."""
    mean = float(excesses.mean())
    if mean == 0:  # all scores are equal: nothing says that another one differs
        return np.full(DRAWS, SHAPES[0]), np.zeros(DRAWS)
    shape, scale = (grid.ravel() for grid in np.meshgrid(SHAPES, SCALES * mean, indexing="ij"))
    inside = 1 + np.outer(shape / scale, excesses)
    possible = (inside > 0).all(axis=1)
    logs = np.log(np.where(inside > 0, inside, 1)).sum(axis=1)
    likelihood = np.where(possible, -len(excesses) * np.log(scale) - (1 / shape + 1) * logs, -np.inf)
    weights = np.exp(likelihood - likelihood.max())
    chosen = rng.choice(len(weights), DRAWS, p=weights / weights.sum())
    return shape[chosen], scale[chosen]

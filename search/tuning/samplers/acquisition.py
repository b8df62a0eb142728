"""Where the next trial is expected to improve most on the best so far."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

from search.tuning.samplers.cube import Cube, Rows
from search.tuning.samplers.curve_model import Array, CurveModel
from search.tuning.samplers.learning_set import Prior
from search.tuning.samplers.observations import Observations

BELIEVED = 60
"""Pending trials that are believed to be as good as predicted, the newest ones."""

LEADERS = 8
"""Trials, and then candidates, near which others are looked for."""

RANDOM, NEAR, AGAIN = 200, 100, 100
"""Candidates drawn at random, near the leaders at each of the `FIRST_STEPS`, and in each of the `ROUNDS`."""

FIRST_STEPS = (0.15, 0.05)
ROUNDS = (0.1, 0.03)
"""Standard deviations of the steps, as shares of a parameter's range."""

SMOOTH = 0.1
"""Distance in the cube within which a rejected point speaks for its neighbors."""


class Acquisition:
    """Expected improvement at the horizon, for one ask.

    Args:
        model: of the curves.
        cube: of the space.
        seen: what is known of the search.
        prior: what earlier searches found.
        rng: draws the candidates.
    """

    def __init__(
        self, model: CurveModel, cube: Cube, seen: Observations, prior: Prior, rng: np.random.Generator
    ) -> None:
        self._model = model
        self._cube = cube
        self._seen = seen
        self._prior = prior
        self._rng = rng
        self._tried = {row.tobytes() for row in seen.points.round(9)}
        self._leaders = self._lead()
        self._incumbent = float(model.mean(self._leaders, self._prior(self._leaders)).max())
        pending = seen.points[seen.pending[-BELIEVED:]]
        if len(pending):
            model.believe(pending, self._prior(pending))

    def best(self) -> Rows | None:
        """Return the row with the greatest expected improvement; None where all candidates were tried."""
        near = [self._near(self._leaders, NEAR, step, share=0.4) for step in FIRST_STEPS]
        rows = np.concatenate([self._cube.draw(self._rng, RANDOM), *near])
        worth = self._worth(rows)
        for step in ROUNDS:
            ahead = np.argsort(-worth, kind="stable")[:LEADERS]
            found = self._near(rows[ahead], AGAIN, step, share=0.5)
            rows = np.concatenate([rows[ahead], found])
            worth = np.concatenate([worth[ahead], self._worth(found)])
        best = int(np.argmax(worth))
        return rows[best] if worth[best] > -math.inf else None

    def _lead(self) -> Rows:
        """Return the points with the best means at the horizon."""
        data = self._model.data
        _, first = np.unique(data.trial, return_index=True)
        means = self._model.mean(data.x[first], data.prior[first])
        return data.x[first[np.argsort(-means, kind="stable")[:LEADERS]]]

    def _near(self, centers: Rows, count: int, step: float, *, share: float) -> Rows:
        """Draw rows near others; about that share of the columns is moved, a choice to any of its values."""
        rows = centers[self._rng.integers(len(centers), size=count)]
        width = rows.shape[1]
        moved = self._rng.random(rows.shape) < max(share, 1 / width)
        steps = np.where(self._cube.choices, 1.0, step) * self._rng.standard_normal(rows.shape)
        anywhere = self._rng.random(rows.shape)
        # A parameter that was inactive at the center begins anywhere.
        placed = np.where(np.isnan(rows), anywhere, rows + moved * np.where(self._cube.choices, 0.0, steps))
        jump = moved & self._cube.choices & (self._rng.random(rows.shape) < 0.5)
        return self._cube.canonical(np.where(jump, anywhere, placed))

    def _worth(self, rows: Rows) -> Array:
        """Return the logarithm of the expected improvement; minus infinity for what was tried already."""
        mean, deviation = self._model.predict(rows, self._prior(rows))
        worth = log_expected_improvement((mean - self._incumbent) / deviation) + np.log(deviation)
        worth += np.log(self._allowed(rows))
        tried = [row.tobytes() in self._tried for row in rows.round(9)]
        worth[np.array(tried)] = -math.inf
        return worth

    def _allowed(self, rows: Rows) -> Array:
        """Return how probably the constraints allow points, by their neighbors; 1 where none was ever rejected."""
        rejected = self._seen.rejected[-100:]
        if not len(rejected):
            return np.ones(len(rows))
        allowed = np.setdiff1d(np.arange(len(self._seen.points)), self._seen.rejected)[-100:]
        weights = [self._weight(rows, self._seen.points[which]) for which in (allowed, rejected)]
        share: Array = (weights[0] + 0.1) / (weights[0] + weights[1] + 0.1)
        return share

    def _weight(self, rows: Rows, others: Rows) -> Array:
        squared = (np.nan_to_num(rows, nan=0.5)[:, None] - np.nan_to_num(others, nan=0.5)) ** 2
        weight: Array = np.exp(-0.5 * squared.mean(axis=2) / SMOOTH**2).sum(axis=1)
        return weight


def log_expected_improvement(z: Array) -> Array:
    """Return log(φ(z) + z Φ(z)), the expected improvement in units of the deviation, also far below the incumbent.

    Below z = -8 the asymptotic form log φ(z) - 2 log |z| (Ament et al. 2023, https://arxiv.org/abs/2310.20708) is used.
    """
    density = -0.5 * z**2 - 0.5 * math.log(2 * math.pi)
    near = np.maximum(z, -8.0)
    exact = np.log(np.exp(-0.5 * near**2) / math.sqrt(2 * math.pi) + near * ndtr(near))
    found: Array = np.where(z > -8.0, exact, density - 2 * np.log(np.maximum(-z, 1.0)))
    return found

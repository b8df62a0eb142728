"""Where the next trial is expected to improve most on the best so far."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import erfcx, log_ndtr, ndtr

from search.tuning.samplers.cube import Cube, Rows
from search.tuning.samplers.curve_model import Array, CurveModel, Data, fitted, initial
from search.tuning.samplers.learning_set import Prior, no_prior
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

REMEMBERED = 75
"""Rejected trials, and as many allowed ones, from which it is learned what the constraints allow, the newest."""

STEPS = 10
"""Steps of L-BFGS for that."""


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
        self._feasible = self._learn_allowed()
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
        worth += self._log_allowed(rows)
        tried = [row.tobytes() in self._tried for row in rows.round(9)]
        worth[np.array(tried)] = -math.inf
        return worth

    def _learn_allowed(self) -> CurveModel | None:
        """Return a process over 1 for what was allowed and -1 for what a constraint rejected; None without any.

        Its length scales tell which parameters the constraints are about: with distances over all of them, a
        search whose best points lie behind a bound had 16 times as many rejected as a random one.
        """
        rejected = self._seen.rejected[-REMEMBERED:]
        if not len(rejected):
            return None
        allowed = np.setdiff1d(np.arange(len(self._seen.points)), self._seen.rejected)[-REMEMBERED:]
        which = np.concatenate([allowed, rejected])
        sign = np.where(np.arange(len(which)) < len(allowed), 1.0, -1.0)
        x = self._seen.points[which]
        data = Data(x, np.ones(len(x)), which, sign, no_prior(x))
        hyper = fitted(data, self._cube.choices, initial(x.shape[1]), steps=STEPS)
        return CurveModel(data, self._cube.choices, hyper)

    def _log_allowed(self, rows: Rows) -> Array:
        """Return the logarithm of how probably the constraints allow points (Gelbart et al. 2014, section 3)."""
        if self._feasible is None:
            return np.zeros(len(rows))
        mean, deviation = self._feasible.predict(rows, no_prior(rows))
        found: Array = log_ndtr(mean / deviation)
        return found


def log_expected_improvement(z: Array) -> Array:
    """Return log(φ(z) + z Φ(z)), the expected improvement in units of the deviation, also far below the incumbent.

    Below z = -8, where the difference cancels, Φ(z) / φ(z) is taken as one function, and below z = -1000 as its
    series (Ament et al. 2023, https://arxiv.org/abs/2310.20708, section 4.1).
    """
    density = -0.5 * z**2 - 0.5 * math.log(2 * math.pi)
    near, tail, far = np.maximum(z, -8.0), np.clip(z, -1000.0, -8.0), np.minimum(z, -1000.0)
    exact = np.log(np.exp(-0.5 * near**2) / math.sqrt(2 * math.pi) + near * ndtr(near))
    share = 1 + tail * math.sqrt(math.pi / 2) * erfcx(-tail / math.sqrt(2))
    series = np.log1p(-3 / far**2) - 2 * np.log(-far)
    found: Array = np.where(z > -8.0, exact, density + np.where(z > -1000.0, np.log(share), series))
    return found

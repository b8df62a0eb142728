"""What earlier searches say of the points of this space: a mean that a model leans on, and where to begin.

Each earlier search becomes a curve model of its own; what they predict at their horizons, standardised, is averaged and
distilled into one small model, so that many searches cost an ask no more than one. That mean enters the model of this
search as a term whose weight is learned, and draws from it become rare as this search learns: a prior that fades.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from search.plan.trial_config import Value
from search.runs.memory import PastSearch, PastTrial
from search.tuning.samplers.cube import Cube, Rows
from search.tuning.samplers.curve_model import CurveModel, Data, fitted, initial
from search.tuning.samplers.learning_set import bounded, no_prior, standardised, times

FEWEST = 5
"""Trials from which a model of an earlier search is made; a few points say where to begin, but of no trend."""

HALF = 20
"""Trials of this search after which every other draw is free of the past."""

POOL = 1000
"""Random points at which the earlier searches' models are compared."""

DISTILLED = 300
"""Points of the model that the earlier searches are distilled into."""

OBSERVATIONS = 300
"""Observations of the model of one earlier search."""

STEPS = 30
"""Steps of L-BFGS for a model that is made once."""

LEADERS = 10
"""Best points of each earlier search, near which it is known best."""

TEMPERATURE = 0.5
"""Of the draws from the past, in standard deviations of the mean over random points."""


class Past:
    """The past of a search.

    Args:
        cube: of the present space.
        searches: earlier ones, at least one, each with some trials.
        seed: of the random points.
    """

    def __init__(self, cube: Cube, searches: Sequence[PastSearch], *, seed: int = 0) -> None:
        self._cube = cube
        rng = np.random.default_rng(seed)
        leaders = [_rows(cube, search.trials[:LEADERS]) for search in searches]
        self._leaders = np.unique(np.concatenate(leaders).round(9), axis=0)
        pool = np.concatenate([self._leaders, cube.draw(rng, POOL)])
        said = [_standard(_model(cube, search, rng).mean(pool, no_prior(pool)), POOL) for search in searches]
        self._model = _distilled(cube, pool, np.mean(said, axis=0), rng)

    def mean(self, rows: Rows) -> Rows:
        """Return what the past expects of points: 0 for a random one on average, in standard deviations."""
        return self._model.mean(rows, no_prior(rows))

    def weight(self, trials: int) -> float:
        """Return how probably a random draw leans on the past when this search has that many trials (1 to 0)."""
        return HALF / (HALF + trials)

    def draw(self, rng: np.random.Generator) -> Rows:
        """Draw a row, the more probably the better the past finds it."""
        near = self._leaders[rng.integers(len(self._leaders), size=100)]
        anywhere = rng.random((200, near.shape[1]))
        moved = near + 0.1 * rng.standard_normal(near.shape)
        # An earlier space may have lacked a parameter, or a neighbor have one active that its leader has not.
        moved = np.where(np.isnan(near), anywhere[100:], moved)
        rows = self._cube.canonical(np.concatenate([anywhere[:100], moved]))
        gumbel = rng.gumbel(size=len(rows))
        row: Rows = rows[int(np.argmax(self.mean(rows) + TEMPERATURE * gumbel))]
        return row


def first_points(searches: Sequence[PastSearch], most: int) -> list[Mapping[str, Value]]:
    """Return the best points of earlier searches: the best of each in turn, then the second of each …"""
    longest = max((len(search.trials) for search in searches), default=0)
    in_turn = [s.trials[place] for place in range(longest) for s in searches if place < len(s.trials)]
    found: list[Mapping[str, Value]] = []
    for trial in in_turn:
        if len(found) == most:
            break
        if trial.point not in found:
            found.append(trial.point)
    return found


def _rows(cube: Cube, trials: Sequence[PastTrial]) -> Rows:
    return np.array([cube.row(trial.point) for trial in trials]).reshape(-1, len(cube.columns))


def _model(cube: Cube, search: PastSearch, rng: np.random.Generator) -> CurveModel:
    """Return the curve model of one earlier search."""
    owner = np.concatenate([np.full(len(t.values), index) for index, t in enumerate(search.trials)])
    values = np.concatenate([trial.values for trial in search.trials])
    shares = np.concatenate([trial.shares for trial in search.trials])
    time = times(shares, (float(shares.min()), 1.0))
    x = _rows(cube, search.trials)[owner]
    return _made(cube, Data(x, time, owner.astype(np.int64), standardised(values), no_prior(x)), rng)


def _distilled(cube: Cube, pool: Rows, mean: Rows, rng: np.random.Generator) -> CurveModel:
    # The leaders stand first in the pool; they and some of the random points are what the past is remembered by.
    x, y = pool[:DISTILLED], mean[:DISTILLED]
    return _made(cube, Data(x, np.ones(len(x)), np.arange(len(x)), y, no_prior(x)), rng)


def _made(cube: Cube, data: Data, rng: np.random.Generator) -> CurveModel:
    data = data.take(bounded(data, OBSERVATIONS, rng))
    hyper = fitted(data, cube.choices, initial(len(cube.columns)), steps=STEPS)
    return CurveModel(data, cube.choices, hyper)


def _standard(values: Rows, random: int) -> Rows:
    """Standardise values by those of the last, random points."""
    found: Rows = (values - values[-random:].mean()) / (float(values[-random:].std()) or 1.0)
    return found

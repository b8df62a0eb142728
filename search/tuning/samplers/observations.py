"""What a model of the curves learns from: rows of (point, epoch, value), read from the trials of a study.

A trial is read again only when it has changed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from optuna.trial import FrozenTrial, TrialState

from search.plan.objectives import Goal
from search.runs.ranking import Scoring
from search.runs.record import ATTRIBUTES, POINT
from search.tuning.samplers.cube import Cube, Rows

MOST_LEVELS = 5
"""A rule with more rungs than that (median stopping has one an epoch) is seen at a few of them."""

Seen = tuple[int, float]
"""An epoch and the value there."""


@dataclass(frozen=True)
class Observations:
    """What is known of a search, as arrays.

    Args:
        points: canonical rows of the cube, shape [trials, columns].
        trial: index into ``points`` of each observation, shape [n].
        epoch: of each observation, shape [n].
        value: of each observation, finite, larger is better, shape [n].
        pending: indices into ``points`` of the trials that run or wait.
        rejected: indices into ``points`` of the trials that a constraint rejected.
        failed: indices into ``points`` of the trials that diverged or crashed.
        attributes: of the goals beside the curve, larger is better, NaN where unknown, shape [trials, goals].
    """

    points: Rows
    trial: NDArray[np.int64]
    epoch: NDArray[np.float64]
    value: NDArray[np.float64]
    pending: NDArray[np.int64]
    rejected: NDArray[np.int64]
    failed: NDArray[np.int64]
    attributes: Rows


class _Table:
    """What was read of the trials, one row each: a trial that has changed is written again in its place.

    Args:
        columns: of the cube.
        goals: objectives beside the curve.
        seen: epochs at which a curve is seen, at most.
    """

    def __init__(self, columns: int, goals: int, seen: int) -> None:
        self._points = np.empty((0, columns))
        self._attributes = np.empty((0, goals))
        self._epochs = np.empty((0, seen))
        self._values = np.empty((0, seen))
        self._states = np.empty(0, dtype=np.int64)

    def write(
        self, at: int, state: TrialState, row: Rows, attributes: Sequence[float], curve: Sequence[Seen]
    ) -> None:
        """Write a trial's row."""
        if at >= len(self._states):
            self._grow(2 * at + 100)
        self._points[at], self._attributes[at], self._states[at] = row, attributes, state.value
        self._epochs[at] = np.nan
        for place, (epoch, value) in enumerate(curve):
            self._epochs[at, place], self._values[at, place] = epoch, value

    def observations(self, count: int) -> Observations:
        """Return the first ``count`` rows as arrays that do not change any more."""
        epochs, states = self._epochs[:count], self._states[:count]
        seen = ~np.isnan(epochs)
        failed = states == TrialState.FAIL.value
        pending = (states == TrialState.RUNNING.value) | (states == TrialState.WAITING.value)
        return Observations(
            self._points[:count].copy(),
            np.nonzero(seen)[0],
            epochs[seen],
            self._values[:count][seen],
            np.flatnonzero(pending),
            np.flatnonzero(~pending & ~failed & ~seen.any(axis=1)),
            np.flatnonzero(failed),
            self._attributes[:count].copy(),
        )

    def _grow(self, size: int) -> None:
        for name, array in vars(self).items():
            larger = np.empty((size, *array.shape[1:]), dtype=array.dtype)
            larger[: len(array)] = array
            setattr(self, name, larger)


class Reader:
    """Reads the trials of one study, again and again.

    Args:
        cube: of the space.
        levels: increasing epochs at which trials are compared, the horizon last.
        scoring: of the objective.
        goals: objectives beside the curve.
    """

    def __init__(
        self, cube: Cube, levels: Sequence[int], scoring: Scoring, goals: Sequence[Goal] = ()
    ) -> None:
        self.cube = cube
        self.levels = few(levels)
        self._scoring = scoring
        self._goals = tuple(goals)
        self._rows: dict[int, Rows] = {}
        self._trials: list[FrozenTrial] = []
        self._table = _Table(len(cube.columns), len(self._goals), len(self.levels) + 1)

    def read(self, trials: Sequence[FrozenTrial]) -> Observations:
        """Return what trials say. Values that are not finite are left out; their trials have failed.

        Optuna's storages replace a trial that changes by another object, so who is the same has not changed. To decode
        at each ask what came since the last one, and nothing else, took half of the ask's time away at 1,700 trials
        of which 1,000 were under way.
        """
        known = zip(self._trials, trials, strict=False)
        changed = [at for at, (before, now) in enumerate(known) if before is not now]
        for at in (*changed, *range(len(self._trials), len(trials))):
            trial = trials[at]
            curve = self._curve(trial.intermediate_values)
            self._table.write(at, trial.state, self._row(trial), self._attributes(trial), curve)
        self._trials = list(trials)
        return self._table.observations(len(trials))

    def _row(self, trial: FrozenTrial) -> Rows:
        row = self._rows.get(trial._trial_id)
        if row is None:
            # Optuna keeps a choice by its index, and takes 1 for true.
            row = self.cube.row(trial.system_attrs.get(POINT, trial.params))
            self._rows[trial._trial_id] = row
        return row

    def _attributes(self, trial: FrozenTrial) -> tuple[float, ...]:
        measured = trial.system_attrs.get(ATTRIBUTES, {})
        return tuple((1 if g.maximize else -1) * measured.get(g.attribute, math.nan) for g in self._goals)

    def _curve(self, values: Mapping[int, float]) -> tuple[Seen, ...]:
        """Return (epoch, score up to there) at each level that was passed, and at the last epoch."""
        finite = {step: value for step, value in sorted(values.items()) if math.isfinite(value)}
        sign = 1.0 if self._scoring.maximize else -1.0
        seen = []
        for epoch in self._epochs(finite):
            score = self._scoring.score({step: value for step, value in finite.items() if step <= epoch})
            assert score is not None, "there is a value up to this epoch"
            seen.append((epoch, sign * score))
        return tuple(seen)

    def _epochs(self, values: Mapping[int, float]) -> list[int]:
        if not values:
            return []
        passed = {min((s for s in values if s >= level), default=0) for level in self.levels}
        return sorted((passed | {max(values)}) - {0})


def few(levels: Sequence[int]) -> tuple[int, ...]:
    """Return the levels if they are few, else the horizon and its thirds (27, 9, 3, 1)."""
    if 1 < len(levels) <= MOST_LEVELS:
        return tuple(levels)
    found = [levels[-1]]
    while len(found) < MOST_LEVELS and found[0] > 1:
        found.insert(0, max(1, found[0] // 3))
    return tuple(found)

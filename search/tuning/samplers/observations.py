"""What a model of the curves learns from: rows of (point, epoch, value), read from the trials of a study.

Trials are read once: parameters never change, and the values of a finished trial do not either.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
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


@dataclass(frozen=True)
class _Known:
    row: Rows
    curve: tuple[tuple[int, float], ...]
    attributes: tuple[float, ...]


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
        self._finished: dict[int, _Known] = {}

    def read(self, trials: Iterable[FrozenTrial]) -> Observations:
        """Return what trials say. Values that are not finite are left out; their trials have failed."""
        points, attributes, owner, epochs, values = [], [], [], [], []
        pending, rejected, failed = [], [], []
        for index, trial in enumerate(trials):
            known = self._known(trial)
            points.append(known.row)
            attributes.append(known.attributes)
            for epoch, value in known.curve:
                owner.append(index)
                epochs.append(epoch)
                values.append(value)
            if not trial.state.is_finished():
                pending.append(index)
            elif trial.state == TrialState.FAIL:
                failed.append(index)
            elif not known.curve:
                rejected.append(index)
        return Observations(
            np.array(points).reshape(-1, len(self.cube.columns)),
            np.array(owner, dtype=np.int64),
            np.array(epochs, dtype=np.float64),
            np.array(values, dtype=np.float64),
            np.array(pending, dtype=np.int64),
            np.array(rejected, dtype=np.int64),
            np.array(failed, dtype=np.int64),
            np.array(attributes, dtype=np.float64).reshape(len(points), len(self._goals)),
        )

    def _known(self, trial: FrozenTrial) -> _Known:
        known = self._finished.get(trial._trial_id)
        if known is None:
            known = _Known(self._row(trial), self._curve(trial.intermediate_values), self._attributes(trial))
            if trial.state.is_finished():
                self._finished[trial._trial_id] = known
        return known

    def _row(self, trial: FrozenTrial) -> Rows:
        row = self._rows.get(trial._trial_id)
        if row is None:
            # Optuna keeps a choice by its index, and takes 1 for true.
            row = self._rows[trial._trial_id] = self.cube.row(trial.system_attrs.get(POINT, trial.params))
        return row

    def _attributes(self, trial: FrozenTrial) -> tuple[float, ...]:
        measured = trial.system_attrs.get(ATTRIBUTES, {})
        return tuple((1 if g.maximize else -1) * measured.get(g.attribute, math.nan) for g in self._goals)

    def _curve(self, values: Mapping[int, float]) -> tuple[tuple[int, float], ...]:
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

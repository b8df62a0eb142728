"""What a model of the curves learns from: rows of (point, epoch, value), read from the trials of a study.

Trials are read once: parameters never change, and the values of a finished trial do not either.
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
    row: tuple[float, ...]
    curve: tuple[tuple[int, float], ...]
    attributes: tuple[float, ...]


class _Gathered:
    """Observations while they are gathered, trial by trial."""

    def __init__(self) -> None:
        self.trials = 0
        self._points: list[float] = []
        self._attributes: list[float] = []
        self._owner: list[int] = []
        self._epochs: list[int] = []
        self._values: list[float] = []
        self._pending: list[int] = []
        self._rejected: list[int] = []
        self._failed: list[int] = []

    def add(self, state: TrialState, known: _Known) -> None:
        """Take the next trial."""
        self._points += known.row
        self._attributes += known.attributes
        for epoch, value in known.curve:
            self._owner.append(self.trials)
            self._epochs.append(epoch)
            self._values.append(value)
        if not state.is_finished():
            self._pending.append(self.trials)
        elif state == TrialState.FAIL:
            self._failed.append(self.trials)
        elif not known.curve:
            self._rejected.append(self.trials)
        self.trials += 1

    def copy(self) -> _Gathered:
        """Return one that can go on by itself."""
        other = _Gathered()
        vars(other).update({k: v.copy() if isinstance(v, list) else v for k, v in vars(self).items()})
        return other

    def observations(self, columns: int, goals: int) -> Observations:
        """Return them as arrays."""
        return Observations(
            np.array(self._points, dtype=np.float64).reshape(self.trials, columns),
            np.array(self._owner, dtype=np.int64),
            np.array(self._epochs, dtype=np.float64),
            np.array(self._values, dtype=np.float64),
            np.array(self._pending, dtype=np.int64),
            np.array(self._rejected, dtype=np.int64),
            np.array(self._failed, dtype=np.int64),
            np.array(self._attributes, dtype=np.float64).reshape(self.trials, goals),
        )


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
        self._rows: dict[int, tuple[float, ...]] = {}
        self._finished: dict[int, _Known] = {}
        self._leading = _Gathered()
        self._last: int | None = None

    def read(self, trials: Sequence[FrozenTrial]) -> Observations:
        """Return what trials say. Values that are not finite are left out; their trials have failed.

        The finished ones that lead the list are gathered once: with 1,000 of them and 1,000 asked at the same
        time, to go through all at each ask took a quarter of its time.
        """
        if not self._led_by_the_same(trials):
            self._leading, self._last = _Gathered(), None
        while self._leading.trials < len(trials) and trials[self._leading.trials].state.is_finished():
            self._last = trials[self._leading.trials]._trial_id
            self._add(self._leading, trials[self._leading.trials])
        found = self._leading.copy()
        for trial in trials[found.trials :]:
            self._add(found, trial)
        return found.observations(len(self.cube.columns), len(self._goals))

    def _led_by_the_same(self, trials: Sequence[FrozenTrial]) -> bool:
        count = self._leading.trials
        return not count or (len(trials) >= count and trials[count - 1]._trial_id == self._last)

    def _add(self, to: _Gathered, trial: FrozenTrial) -> None:
        to.add(trial.state, self._known(trial))

    def _known(self, trial: FrozenTrial) -> _Known:
        known = self._finished.get(trial._trial_id)
        if known is None:
            known = _Known(self._row(trial), self._curve(trial.intermediate_values), self._attributes(trial))
            if trial.state.is_finished():
                self._finished[trial._trial_id] = known
        return known

    def _row(self, trial: FrozenTrial) -> tuple[float, ...]:
        row = self._rows.get(trial._trial_id)
        if row is None:
            # Optuna keeps a choice by its index, and takes 1 for true.
            row = tuple(self.cube.row(trial.system_attrs.get(POINT, trial.params)).tolist())
            self._rows[trial._trial_id] = row
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

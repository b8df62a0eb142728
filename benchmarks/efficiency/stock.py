"""Ray Tune as it comes: the real OptunaSearch and ASHAScheduler, called in the order of Tune's controller.

The order is that of `ray/tune/execution/tune_controller.py` (Ray 2.60, `_process_trial_result` and `stop_trial`): the
scheduler judges a result first; the searcher sees it only when the trial goes on; a stopped trial is told to the
scheduler, then to the searcher, as completed with its last result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import optuna
from ray.tune.schedulers import ASHAScheduler, TrialScheduler
from ray.tune.search.optuna import OptunaSearch

from benchmarks.efficiency.by_suggestion import optuna_space
from benchmarks.efficiency.clock import Job
from benchmarks.efficiency.problem import Problem
from search.plan.space import Space
from search.plan.trial_config import Value

METRIC, MODE, EPOCH = "value", "max", "training_iteration"

Result = Mapping[str, float]


class Searcher(Protocol):
    """What the controller asks of a `ray.tune.search.Searcher`."""

    def suggest(self, trial_id: str) -> Mapping[str, Value] | None:
        """Return a point."""

    def on_trial_result(self, trial_id: str, result: Result) -> None:
        """Take the result of an epoch after which the trial goes on."""

    def on_trial_complete(self, trial_id: str, result: Result) -> None:
        """Take the last result."""


class RandomPoints:
    """Each point drawn at random, whatever is reported."""

    def __init__(self, space: Space, *, seed: int) -> None:
        self._space = space
        self._rng = np.random.default_rng(seed)

    def suggest(self, trial_id: str) -> Mapping[str, Value]:
        """Draw a point."""
        return self._space.sample(self._rng)

    def on_trial_result(self, trial_id: str, result: Result) -> None:
        """Learn nothing."""

    def on_trial_complete(self, trial_id: str, result: Result) -> None:
        """Learn nothing."""


@dataclass(frozen=True)
class _Trial:
    """All that ASHAScheduler looks at of a `ray.tune.experiment.Trial`."""

    trial_id: str


class RayTune:
    """A searcher and a scheduler of Ray Tune behind the calls of the clock.

    Args:
        searcher: of Ray Tune, or one that is called like it.
        scheduler: of Ray Tune; one that never pauses.
    """

    def __init__(self, searcher: Searcher, scheduler: TrialScheduler) -> None:
        self._searcher = searcher
        self._scheduler = scheduler
        self._trials: list[_Trial] = []

    def ask(self) -> Job:
        """Begin a new trial."""
        trial = _Trial(f"{len(self._trials):05d}")
        point = self._searcher.suggest(trial.trial_id)
        if point is None:
            raise RuntimeError(f"{type(self._searcher).__name__}: a point is expected, but got None")
        self._scheduler.on_trial_add(None, trial)
        self._trials.append(trial)
        return Job(len(self._trials) - 1, point)

    def report(self, trial: int, epoch: int, value: float) -> bool:
        """Process a result as the controller does."""
        known, result = self._trials[trial], {EPOCH: epoch, METRIC: value}
        if self._scheduler.on_trial_result(None, known, result) != TrialScheduler.STOP:
            self._searcher.on_trial_result(known.trial_id, result)
            return True
        self._scheduler.on_trial_complete(None, known, result)
        self._searcher.on_trial_complete(known.trial_id, result=result)
        return False


def stock(problem: Problem, *, seed: int) -> RayTune:
    """Return OptunaSearch and ASHAScheduler with their defaults (TPE; reduction factor 4, grace period 1)."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    searcher = OptunaSearch(optuna_space(problem.space), metric=METRIC, mode=MODE, seed=seed)
    return RayTune(searcher, _asha(problem))


def random_asha(problem: Problem, *, seed: int) -> RayTune:
    """Return random points and ASHAScheduler with its defaults."""
    return RayTune(RandomPoints(problem.space, seed=seed), _asha(problem))


def _asha(problem: Problem) -> ASHAScheduler:
    return ASHAScheduler(EPOCH, metric=METRIC, mode=MODE, max_t=problem.horizon)

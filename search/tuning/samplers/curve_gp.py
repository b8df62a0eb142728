"""A sampler on a model of the learning curves: expected improvement at the horizon.

What was seen at any epoch of any trial tells of the end of all (`curve_model`), so a trial that was stopped early
counts for what it is, without a rung at which enough of them stand. Expected improvement (Jones et al. 1998) is
maximized over random points and points near the best, in rounds (`acquisition`).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import Study
from optuna.trial import FrozenTrial
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from search.plan.registry import Range
from search.plan.trial_config import Value
from search.tuning.samplers import Task, samplers
from search.tuning.samplers.acquisition import Acquisition
from search.tuning.samplers.cube import Rows
from search.tuning.samplers.curve_model import CurveModel, fitted, initial
from search.tuning.samplers.learning_set import bounded, learning_set, no_prior
from search.tuning.samplers.observations import Observations

HYPERPARAMETERS = "winnow:model"
"""The attribute of a trial that keeps the model's hyperparameters for the next ask."""

LEARN_FROM = 150
"""Observations from which hyperparameters are learned, drawn anew at each ask."""

BLAS_THREADS = 1
"""Of numpy and scipy in an ask. On 2 cores beside two busy loops and a run of tests, 70 to 150 trials seen: 0.27 s with
one, 1.73 s with two, whose threads wait spinning for each other (medians of 40; CPU time 0.05 and 0.51 s)."""

STEPS = 3
"""Steps of L-BFGS at each ask, from where the last ask ended (15 from the start: no better, at four times the cost)."""


@functools.cache
def _blas() -> ThreadpoolController:
    """Return the BLAS libraries of numpy and scipy; looking them up took 6 ms, of 10 that an early ask takes."""
    return ThreadpoolController().select(user_api="blas")


class CurveGPSampler(BaseSampler):
    """Draws from a Gaussian process over configuration × epoch.

    Args:
        task: of the search.
        first: trials with a value before the model is asked; those before are random.
        random_share: share of later draws (0-1) that are random.
        observations: from which the model is made at most.
        seed: of this sampler's own draws.
    """

    def __init__(self, task: Task, *, first: int, random_share: float, observations: int, seed: int) -> None:
        self._task = task
        self._cube = task.reader.cube
        self._prior = task.past.mean if task.past is not None else no_prior
        self._first = first
        self._random_share = random_share
        self._observations = observations
        self._rng = np.random.default_rng(seed)
        self._random = RandomSampler(seed=seed)
        self._point: dict[str, Value] = {}

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Choose the whole point; `sample_independent` hands out its values, whatever conditions hold."""
        others = _before(trial, study.get_trials(deepcopy=False))
        with _blas().limit(limits=BLAS_THREADS):
            row = self._choose(study, trial, others) if self._cube.columns else None
        self._point = {} if row is None else self._cube.point(row)
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return nothing: see `infer_relative_search_space`."""
        return {}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return the chosen point's value; a random one where no point was chosen."""
        if param_name in self._point:
            return self._point[param_name]
        return self._random.sample_independent(study, trial, param_name, param_distribution)

    def _choose(self, study: Study, trial: FrozenTrial, others: Sequence[FrozenTrial]) -> Rows | None:
        """Return the row to try next; None for a random one."""
        seen = self._task.reader.read(others)
        known = len(np.unique(seen.trial))
        if known < self._first or self._rng.random() < self._random_share:
            return self._from_past(known)
        model, hyper = self._model(seen, _kept(others, len(self._cube.columns)))
        study._storage.set_trial_system_attr(trial._trial_id, HYPERPARAMETERS, hyper.tolist())
        return Acquisition(model, self._cube, seen, self._prior, self._rng).best()

    def _from_past(self, known: int) -> Rows | None:
        """Draw where earlier searches were good, the less often the more is known here; else None."""
        past = self._task.past
        if past is None or self._rng.random() >= past.weight(known):
            return None
        return past.draw(self._rng)

    def _model(self, seen: Observations, start: Rows) -> tuple[CurveModel, Rows]:
        data = learning_set(seen, self._task.reader.levels, self._prior, self._rng)
        data = data.take(bounded(data, self._observations, self._rng))
        some = np.sort(self._rng.permutation(len(data.y))[:LEARN_FROM])
        # Rounded, since the study keeps them as text: who reads them there must decide the same.
        hyper = fitted(data.take(some), self._cube.choices, start, steps=STEPS).round(4)
        return CurveModel(data, self._cube.choices, hyper), hyper


def _before(trial: FrozenTrial, trials: Sequence[FrozenTrial]) -> Sequence[FrozenTrial]:
    """Return the other trials, by number; one that is drawn for is not in the study yet, or the last one there."""
    if not trials or trials[-1].number < trial.number:
        return trials
    return [other for other in trials if other.number != trial.number]


def _kept(trials: Sequence[FrozenTrial], columns: int) -> Rows:
    """Return the hyperparameters of the newest trial that keeps some, else the initial ones."""
    for trial in reversed(trials):
        kept = trial.system_attrs.get(HYPERPARAMETERS)
        if kept is not None and len(kept) == len(initial(columns)):
            return np.array(kept)
    return initial(columns)


@samplers.register("curve_gp")
def curve_gp(
    seed: int,
    task: Task,
    *,
    first: Annotated[int, Range(2, doc="trials with a value before the model is asked")] = 12,
    random_share: Annotated[float, Range(0, 1, doc="share of random draws")] = 0.1,
    observations: Annotated[int, Range(30, doc="observations that the model is made of at most")] = 200,
) -> BaseSampler:
    """A Gaussian process over configuration and epoch, with expected improvement at the last epoch."""
    return CurveGPSampler(task, first=first, random_share=random_share, observations=observations, seed=seed)


@samplers.register("auto")
def auto(seed: int, task: Task) -> BaseSampler:
    """Winnow's choice: `curve_gp` with its defaults, the best on LCBench at every budget from 10 trainings on."""
    return curve_gp(seed, task)

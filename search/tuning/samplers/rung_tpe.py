"""Fidelity-aware TPE: a tree-structured Parzen estimator that compares like with like.

Stock TPE ranks a trial that ASHA stopped after 1 epoch against one that ran 27. Here trials are ranked up to the
highest level at which enough of them stand, as in BOHB (Falkner et al. 2018, https://arxiv.org/abs/1807.01774),
which is also where the share of random draws comes from. The estimator itself is Optuna's, multivariate and
grouped, so that conditional spaces are modelled branch by branch.
"""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Container, Sequence
from typing import Annotated, Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from search.plan.registry import Range
from search.tuning.samplers import Task, samplers


class RungTPESampler(BaseSampler):
    """TPE over the trials that are comparable at one level.

    Args:
        levels: increasing epochs at which trials are compared, the horizon last.
        enough: a level counts when at least that many trials stand there.
        random_share: share of the draws (0-1) that are random, so that no region is given up for good.
        candidates: points among which the estimator picks.
        seed: of this sampler's own draws.
    """

    def __init__(
        self, levels: Sequence[int], *, enough: int, random_share: float, candidates: int, seed: int
    ) -> None:
        self._levels = tuple(levels)
        self._enough = enough
        self._random_share = random_share
        self._candidates = candidates
        self._rng = np.random.default_rng(seed)
        self._inner: BaseSampler = RandomSampler(seed=seed)
        self._peers: Peers | None = None
        self._trial: FrozenTrial | None = None

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Choose the level, gather the trials that stand there, and ask TPE for the joint space."""
        seed = int(self._rng.integers(2**31))
        others = [t for t in study.get_trials(deepcopy=False) if t.number != trial.number]
        levels = self._compared(others)
        self._peers = comparable(others, levels, study.direction) if levels else None
        if self._peers is None or self._rng.random() < self._random_share:
            self._peers, self._inner = None, RandomSampler(seed=seed)
            return {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)  # `group`
            self._inner = TPESampler(
                n_startup_trials=0, n_ei_candidates=self._candidates, multivariate=True, group=True, seed=seed
            )
        self._trial = self._peers.new_trial()
        return self._inner.infer_relative_search_space(self._peers, self._trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Draw the parameters that TPE models jointly."""
        if self._peers is None or self._trial is None:
            return {}
        return self._inner.sample_relative(self._peers, self._trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Draw a parameter that no comparable trial has had."""
        if self._peers is None or self._trial is None:
            return self._inner.sample_independent(study, trial, param_name, param_distribution)
        return self._inner.sample_independent(self._peers, self._trial, param_name, param_distribution)

    def _compared(self, trials: Sequence[FrozenTrial]) -> Sequence[int]:
        """Return the levels up to the highest at which enough trials stand; none where there is no such level."""
        for count in range(len(self._levels), 0, -1):
            level = self._levels[count - 1]
            if sum(value_at(trial, level) is not None for trial in trials) >= self._enough:
                return self._levels[:count]
        return ()


def value_at(trial: FrozenTrial, level: int) -> float | None:
    """Return a trial's value at the first recorded step from a level on; None where it has not come so far."""
    steps = [step for step in trial.intermediate_values if step >= level]
    if not steps:
        return None
    value = trial.intermediate_values[min(steps)]
    return None if np.isnan(value) else float(value)


def comparable(trials: Sequence[FrozenTrial], levels: Sequence[int], direction: StudyDirection) -> Peers:
    """Return a study in memory in which trials are ranked fairly; the value of each is its rank, 0 the best.

    Who came to a higher level is ahead of whoever was stopped at a lower one, and at the same level the values
    there decide. To leave the stopped ones out would hide where the bad region is: the model then mistakes it
    for unexplored and goes back there (60 trials of a simulated curve, 8 seeds: 3.6 of the last 20 draws near the
    optimum instead of 13.8; random draws have 7.5). A failed trial is behind all others, so that the region where
    training diverges is left; one that is still running, or waits, below the highest level is pending.

    Args:
        trials: of the study.
        levels: increasing epochs up to the one at which good and bad are told apart.
        direction: of the study.
    """
    sign = 1.0 if direction == StudyDirection.MINIMIZE else -1.0
    ranked, pending = [], []
    for trial in trials:
        level, value = _standing(trial, levels)
        if trial.state in (TrialState.RUNNING, TrialState.WAITING) and level < levels[-1]:
            pending.append(trial)
        elif trial.state == TrialState.FAIL:
            ranked.append((math.inf, 0.0, trial.number, trial))
        else:
            ranked.append((-level, sign * value, trial.number, trial))
    best_first = [trial for *_, trial in sorted(ranked, key=lambda entry: entry[:3])]
    return Peers(
        [_as(trial, TrialState.COMPLETE, float(rank)) for rank, trial in enumerate(best_first)]
        + [_as(trial, TrialState.RUNNING, None) for trial in pending]
    )


class Peers(Study):
    """A study in memory that shows given trials as they are; to add them would copy each one, at every ask.

    At 1,000 trials of four parameters an ask took 0.10 CPU s with copies.
    """

    def __init__(self, trials: Sequence[FrozenTrial]) -> None:
        own = optuna.create_study(direction="minimize")
        super().__init__(own.study_name, own._storage)
        self._shown = tuple(trials)

    def new_trial(self) -> FrozenTrial:
        """Return a trial to sample for; TPE notes in the storage what it draws jointly."""
        return self._storage.get_trial(self._storage.create_new_trial(self._study_id))

    def _get_trials(
        self,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
        use_cache: bool = False,
    ) -> list[FrozenTrial]:
        return [trial for trial in self._shown if states is None or trial.state in states]


def _standing(trial: FrozenTrial, levels: Sequence[int]) -> tuple[int, float]:
    """Return the highest level that a trial has come to, 0 for none, and its value there."""
    for level in reversed(levels):
        value = value_at(trial, level)
        if value is not None:
            return level, value
    return 0, 0.0


def _as(trial: FrozenTrial, state: TrialState, value: float | None) -> FrozenTrial:
    """Return a trial with another state and value; parameters are shared with the original."""
    shown = copy.copy(trial)
    shown.state, shown.value, shown.intermediate_values = state, value, {}
    return shown


@samplers.register("rung_tpe")
def rung_tpe(
    seed: int,
    task: Task,
    *,
    enough: Annotated[int, Range(2, doc="trials that must stand at a level before it is modelled")] = 12,
    random_share: Annotated[float, Range(0, 1, doc="share of random draws")] = 1 / 3,
    candidates: Annotated[int, Range(1, doc="points among which the estimator picks")] = 96,
) -> BaseSampler:
    """TPE that compares like with like: trials at the same rung."""
    return RungTPESampler(
        task.levels, enough=enough, random_share=random_share, candidates=candidates, seed=seed
    )

"""Optuna's TPE with Optuna's Hyperband pruner, by ask, report, should_prune and tell."""

from __future__ import annotations

import optuna
from optuna.pruners import HyperbandPruner
from optuna.samplers import TPESampler
from optuna.trial import TrialState

from benchmarks.efficiency.by_suggestion import suggest
from benchmarks.efficiency.clock import Job
from benchmarks.efficiency.problem import Problem

REDUCTION_FACTOR = 3
"""The pruner's default (Optuna 5.0)."""


class OptunaHyperband:
    """Optuna as its documentation combines TPE and Hyperband.

    Args:
        problem: to search.
        seed: of the sampler; it also names the study, from which the pruner draws the brackets.
    """

    def __init__(self, problem: Problem, *, seed: int) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._space, self._horizon = problem.space, problem.horizon
        self._study = optuna.create_study(
            study_name=f"{problem.name}-{seed}",
            direction="maximize",
            sampler=TPESampler(seed=seed),
            pruner=HyperbandPruner(1, problem.horizon, REDUCTION_FACTOR),
        )
        self._trials: dict[int, optuna.Trial] = {}

    def ask(self) -> Job:
        """Begin a new trial."""
        trial = self._study.ask()
        self._trials[trial.number] = trial
        return Job(trial.number, suggest(trial, self._space))

    def report(self, trial: int, epoch: int, value: float) -> bool:
        """Report an epoch and end the trial where it is pruned or fully trained."""
        known = self._trials[trial]
        known.report(value, epoch)
        if epoch == self._horizon:
            self._study.tell(known, value)
            return False
        if known.should_prune():
            self._study.tell(known, state=TrialState.PRUNED)
            return False
        return True

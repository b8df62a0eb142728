"""Winnow itself: the real Policy on a study in memory, with the defaults that ship."""

from __future__ import annotations

from collections.abc import Sequence

import optuna
from optuna.storages import InMemoryStorage

from benchmarks.efficiency.clock import Job
from benchmarks.efficiency.problem import Problem
from search.runs.memory import PastSearch
from search.training.report import Report
from search.tuning.answers import Decision, Limits, Start
from search.tuning.policy import Policy
from search.tuning.samplers import Build
from search.tuning.schedulers import Scheduler
from search.tuning.schedulers.asha import asha

METRIC = "value"

SAMPLER = "auto"
GRACE_PERIOD = 3
REDUCTION_FACTOR = 3
"""The sampler and the settings of `asha` in most spaces below `spaces/`; without any, its grace period is 1."""

UNLIMITED = 1_000_000
"""Trials: the clock ends the search."""


def shipped(horizon: int) -> Scheduler:
    """Return the scheduler as the spaces that ship have it."""
    return asha(horizon, grace_period=GRACE_PERIOD, reduction_factor=REDUCTION_FACTOR)


class Winnow:
    """The Policy behind the calls of the clock.

    Args:
        problem: to search.
        workers: at once.
        seed: of the run.
        sampler: a registered name, or what makes a sampler.
        scheduler: None: as it ships.
        past: earlier searches to begin from.
        study: that holds the record; None: a new one in memory.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        workers: int,
        seed: int,
        sampler: str | Build = SAMPLER,
        scheduler: Scheduler | None = None,
        past: Sequence[PastSearch] = (),
        study: optuna.Study | None = None,
    ) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.policy = Policy(
            problem.space,
            budget=Limits(UNLIMITED, problem.horizon),
            study=study or optuna.create_study(storage=InMemoryStorage(), direction="maximize"),
            metric=METRIC,
            sampler=sampler,
            scheduler=scheduler or shipped(problem.horizon),
            workers=workers,
            seed=seed,
            past=past,
            clock=lambda: 0.0,
        )

    def ask(self) -> Job | None:
        """Return what a free worker does next: a new trial, or one that goes on from its last epoch."""
        answer = self.policy.ask()
        if not isinstance(answer, Start):
            return None
        return Job(answer.number, answer.config, int(answer.checkpoint or 0))

    def report(self, trial: int, epoch: int, value: float) -> bool:
        """Report an epoch; its number stands for the checkpoint."""
        said = Report(epoch, epoch, {METRIC: value}, float(epoch))
        decision = self.policy.report(trial, said, checkpoint=str(epoch))
        if decision is Decision.CONTINUE:
            return True
        self.policy.finish(trial, "paused" if decision is Decision.PAUSE else "stopped")
        return False

"""Syne Tune's ASHA-CQR (Salinas et al. 2023, https://arxiv.org/abs/2305.17623), called in the order of its Tuner.

The order is that of `syne_tune/tuner.py` (0.16): `suggest`, `on_trial_add`, `on_trial_result` for each epoch,
`on_trial_remove` once the answer was STOP.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import numpy as np
from syne_tune import config_space
from syne_tune.backend.trial_status import Trial
from syne_tune.optimizer.baselines import ASHACQR
from syne_tune.optimizer.scheduler import SchedulerDecision
from tqdm import tqdm

from benchmarks.efficiency.clock import Job
from benchmarks.efficiency.problem import Problem
from search.plan.domain import Domain, Fixed, Float, Int

METRIC, EPOCH = "value", "epoch"

tqdm.monitor_interval = 0  # Syne Tune's progress bars would leave a thread behind


class SyneCQR:
    """ASHA-CQR with its defaults.

    Args:
        problem: to search; without conditions, which Syne Tune has not.
        seed: of the scheduler.

    Raises:
        ValueError: the space has conditions.
    """

    def __init__(self, problem: Problem, *, seed: int) -> None:
        if any(parameter.when for parameter in problem.space.parameters):
            raise ValueError(f"{problem.name}: a space without conditions is expected by Syne Tune")
        logging.getLogger("syne_tune").setLevel(logging.ERROR)
        np.random.seed(seed)  # the bracket is drawn from NumPy's global generator
        self._fixed = {
            p.name: p.domain.value for p in problem.space.parameters if isinstance(p.domain, Fixed)
        }
        space = {p.name: _domain(p.domain) for p in problem.space.parameters if p.name not in self._fixed}
        self._scheduler = ASHACQR(
            space, metric=METRIC, time_attr=EPOCH, max_t=problem.horizon, do_minimize=False, random_seed=seed
        )
        self._trials: list[Trial] = []

    def ask(self) -> Job:
        """Begin a new trial."""
        suggestion = self._scheduler.suggest()
        if suggestion is None or suggestion.config is None:
            raise RuntimeError("a new configuration is expected of Syne Tune, but got None")
        trial = Trial(len(self._trials), suggestion.config, datetime.now(UTC))
        self._trials.append(trial)
        self._scheduler.on_trial_add(trial)
        return Job(trial.trial_id, {**self._fixed, **suggestion.config})

    def report(self, trial: int, epoch: int, value: float) -> bool:
        """Report an epoch."""
        known = self._trials[trial]
        if self._scheduler.on_trial_result(known, {METRIC: value, EPOCH: epoch}) != SchedulerDecision.STOP:
            return True
        self._scheduler.on_trial_remove(known)
        return False


def _domain(domain: Domain) -> config_space.Domain:
    if isinstance(domain, Float):
        make = config_space.loguniform if domain.log else config_space.uniform
        return make(domain.low, domain.high)
    if isinstance(domain, Int):
        make = config_space.lograndint if domain.log else config_space.randint
        return make(domain.low, domain.high)
    return config_space.choice(list(domain.values()))

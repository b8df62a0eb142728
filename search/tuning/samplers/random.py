"""Independent random draws: the baseline, and the beginning of every search."""

from __future__ import annotations

from optuna.samplers import BaseSampler, RandomSampler

from search.tuning.samplers import Task, samplers


@samplers.register("random")
def random(seed: int, task: Task) -> BaseSampler:
    """Draw every parameter at random."""
    return RandomSampler(seed=seed)

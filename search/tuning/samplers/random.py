"""Independent random draws: the baseline, and the beginning of every search."""

from __future__ import annotations

from collections.abc import Sequence

from optuna.samplers import BaseSampler, RandomSampler

from search.tuning.samplers import samplers


@samplers.register("random")
def random(seed: int, levels: Sequence[int]) -> BaseSampler:
    """Draw every parameter at random."""
    return RandomSampler(seed=seed)

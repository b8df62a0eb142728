"""How many trainings each candidate gets before the weakest is dropped: successive rejects.

Audibert, Bubeck and Munos 2010, "Best arm identification in multi-armed bandits", figure 3: with K candidates and n
trainings in all, the survivors of phase k have been trained n_k = ⌈(n - K) / (log̅(K) (K + 1 - k))⌉ times, where
log̅(K) = 1/2 + Σ 1/i over i from 2 to K. After each phase the one with the lowest mean leaves.
"""

from __future__ import annotations

import math


def phases(candidates: int, trainings: int) -> tuple[int, ...]:
    """Return how often each survivor has been trained at the end of each phase, ascending: candidates - 1 numbers.

    Args:
        candidates: at least 1; for a single one there is no phase.
        trainings: in all, at least one for each candidate. It is the most that all phases together take.

    Raises:
        ValueError: there are fewer trainings than candidates.
    """
    if trainings < candidates:
        raise ValueError(f"{candidates} candidates need at least {candidates} trainings, but got {trainings}")
    logs = 0.5 + sum(1 / i for i in range(2, candidates + 1))
    return tuple(
        max(1, math.ceil((trainings - candidates) / (logs * (candidates + 1 - phase))))
        for phase in range(1, candidates)
    )


def cost(lengths: tuple[int, ...]) -> int:
    """Return how many trainings phases take in all."""
    before = (0, *lengths)
    return sum((len(lengths) + 1 - phase) * (length - before[phase]) for phase, length in enumerate(lengths))

"""Successive halving's numbers: rungs, and how many trials start in a bracket (Li et al. 2018, Algorithm 1).

https://jmlr.org/papers/v18/16-558.html. All in whole numbers: Ray's `int(log / log)` loses the rungs 81 of 243 / 3
and 100 of 1000 / 10.
"""

from __future__ import annotations


def rungs_below(horizon: int, grace_period: int, reduction_factor: int) -> tuple[int, ...]:
    """Return the epochs grace_period × reduction_factor^k that lie below the horizon."""
    rungs = []
    rung = grace_period
    while rung < horizon:
        rungs.append(rung)
        rung *= reduction_factor
    return tuple(rungs)


def bracket_size(rungs: int, most: int, reduction_factor: int) -> int:
    """Return how many trials Hyperband starts in a bracket: ⌈(most + 1) / (rungs + 1) × factor^rungs⌉.

    Args:
        rungs: of the bracket below the horizon; s in the paper.
        most: rungs of the longest bracket; s_max in the paper.
        reduction_factor: η in the paper.
    """
    return -int(-(most + 1) * reduction_factor**rungs // (rungs + 1))

"""Hyperband with its synchronous brackets (Li et al. 2018, Algorithm 1, https://jmlr.org/papers/v18/16-558.html).

The brackets are filled one after the other, round after round. A rung is closed when all trials that may come to it
have; then the best of it go on. A trial that failed has come last, so that nothing hangs, and nobody idles: while
no rung is closed, the next bracket is filled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from search.plan.registry import Range
from search.tuning.schedulers import Scheduler, schedulers
from search.tuning.schedulers.halving import bracket_size, rungs_below


@dataclass(frozen=True, kw_only=True)
class Hyperband(Scheduler):
    """The rule. Brackets are counted through all rounds; bracket i leaves out the i mod (rungs + 1) lowest rungs.

    Args:
        reduction_factor: one in this many goes on.
    """

    reduction_factor: int
    pauses: ClassVar[bool] = True

    def rungs_of(self, bracket: int) -> Sequence[int]:
        """Return the rungs of a bracket; the last one of a round has none and trains all to the horizon."""
        return self.rungs[bracket % (len(self.rungs) + 1) :]

    def bracket(self, seed: int, number: int, order: int) -> int:
        """Return the first bracket that is not full yet."""
        sizes = [self._size(bracket) for bracket in range(len(self.rungs) + 1)]
        rounds, left = divmod(order, sum(sizes))
        position = 0
        while left >= sizes[position]:
            left -= sizes[position]
            position += 1
        return rounds * len(sizes) + position

    def capacity(self, bracket: int) -> int:
        """Return how many trials the paper starts in the bracket."""
        return self._size(bracket)

    def places(self, bracket: int, rung: int, *, standing: int, entered: int) -> int:
        """⌊n / reduction_factor^(k + 1)⌋ of the n that began go on from the k-th rung."""
        return int(entered // self.reduction_factor ** (self.rungs_of(bracket).index(rung) + 1))

    def _size(self, bracket: int) -> int:
        return bracket_size(len(self.rungs_of(bracket)), len(self.rungs), self.reduction_factor)


@schedulers.register("hyperband")
def hyperband(
    horizon: int,
    *,
    grace_period: Annotated[int, Range(1, doc="epochs of the lowest rung")] = 1,
    reduction_factor: Annotated[int, Range(2, doc="one in this many goes on at each rung")] = 3,
    audit: Annotated[float, Range(0, 1, doc="share of condemned trials that are let live")] = 0.0,
) -> Hyperband:
    """Hyperband: brackets of successive halving, from many short trainings to a few full ones.

    Args:
        horizon: epochs of a full training.
    """
    rungs = rungs_below(horizon, grace_period, reduction_factor)
    return Hyperband(rungs=rungs, reduction_factor=reduction_factor, audit=audit)

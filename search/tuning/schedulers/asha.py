"""Asynchronous successive halving (Li et al. 2020, https://arxiv.org/abs/1810.05934), both kinds, with brackets.

*stopping*: a trial that reaches a rung goes on when its value is among the best 1 / reduction_factor of all that
were seen there so far. Nobody is stopped before reduction_factor trials stand at the rung, and nobody waits.

*promotion* (the paper's Algorithm 2): a trial pauses at each rung; a free worker goes on with the best paused one
among the best 1 / reduction_factor of a rung, the highest rung first, and begins a new trial where there is none.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Annotated, ClassVar, Literal

from search.plan.registry import Doc, Range
from search.runs.record import RungDecision
from search.tuning.chance import chance
from search.tuning.schedulers import Others, Scheduler, Standing, schedulers
from search.tuning.schedulers.halving import bracket_size, rungs_below


@dataclass(frozen=True, kw_only=True)
class Asha(Scheduler):
    """The stopping kind. Bracket s leaves out the s lowest rungs.

    Args:
        reduction_factor: one in this many goes on.
        brackets: how many there are.
    """

    reduction_factor: int
    brackets: int = 1

    def rungs_of(self, bracket: int) -> Sequence[int]:
        """Return the rungs from the bracket's first one on."""
        return self.rungs[bracket:]

    def bracket(self, seed: int, number: int, order: int) -> int:
        """Draw a bracket; each has the share of the trials that it has in Hyperband (Li et al. 2018)."""
        if self.brackets == 1:
            return 0
        sums = list(accumulate(shares(len(self.rungs), self.brackets, self.reduction_factor)))
        return bisect_right(sums[:-1], chance(seed, "bracket", number) * sums[-1])

    def decide(self, rung: int, mine: Standing, others: Others) -> RungDecision:
        """Keep the trial when it ranks among the best 1 / reduction_factor; ties go on."""
        standing = len(others.scores) + 1
        places = standing // self.reduction_factor
        if places == 0:
            return RungDecision(rung, keep=True, cutoff=None, standing=standing)
        cutoff = _best(others.scores, mine.score, places)
        return RungDecision(rung, keep=mine.score >= cutoff, cutoff=cutoff, standing=standing)


@dataclass(frozen=True, kw_only=True)
class AshaPromotion(Asha):
    """The promotion kind."""

    pauses: ClassVar[bool] = True

    def places(self, bracket: int, rung: int, *, standing: int, entered: int) -> int:
        """One in reduction_factor of those at the rung may go on."""
        return standing // self.reduction_factor


def shares(rungs: int, brackets: int, reduction_factor: int) -> list[int]:
    """Return how many of Hyperband's trials start in each bracket: a weight for each."""
    return [bracket_size(rungs - bracket, rungs, reduction_factor) for bracket in range(brackets)]


def _best(scores: Sequence[float], mine: float, place: int) -> float:
    """Return the place-th best of scores in rising order and one more; a place is at most half of them."""
    there = scores[-place]
    if mine <= there or place == 1:
        return max(mine, there)
    return min(mine, scores[1 - place])


@schedulers.register("asha")
def asha(
    horizon: int,
    *,
    grace_period: Annotated[int, Range(1, doc="epochs before anyone may be stopped")] = 1,
    reduction_factor: Annotated[int, Range(2, doc="one in this many goes on at each rung")] = 3,
    brackets: Annotated[int, Range(1, doc="how many brackets; each leaves out one rung more")] = 1,
    kind: Annotated[
        Literal["stopping", "promotion"],
        Doc("stopping: nobody waits; promotion: all pause at a rung, and the best go on"),
    ] = "stopping",
    audit: Annotated[float, Range(0, 1, doc="share of condemned trials that are let live")] = 0.0,
) -> Scheduler:
    """Asynchronous successive halving: at each rung the best 1 / reduction_factor go on.

    Args:
        horizon: epochs of a full training.

    Raises:
        ValueError: there are more brackets than rungs, so that some could never stop anyone.
    """
    rungs = rungs_below(horizon, grace_period, reduction_factor)
    if brackets > max(1, len(rungs)):
        listed = ", ".join(map(str, rungs)) or "none"
        raise ValueError(
            f"scheduler.brackets: found {brackets}, expected at most {max(1, len(rungs))}, one for each rung below "
            f"{horizon} epochs ({listed}): lower `grace_period` or `reduction_factor`, or train for more epochs"
        )
    make = Asha if kind == "stopping" else AshaPromotion
    return make(rungs=rungs, reduction_factor=reduction_factor, brackets=brackets, audit=audit)

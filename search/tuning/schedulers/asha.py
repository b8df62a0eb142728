"""Asynchronous successive halving, stopping kind (Li et al. 2020, https://arxiv.org/abs/1810.05934).

A trial that reaches a rung goes on when its value is among the best 1 / reduction_factor of all that were seen
there so far. Nobody is stopped before reduction_factor trials stand at the rung, and nobody waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from search.plan.registry import Range
from search.runs.record import RungDecision
from search.tuning.schedulers import schedulers


@dataclass(frozen=True)
class Asha:
    """The rule, for rungs at grace_period × reduction_factor^k below the horizon (all in epochs)."""

    rungs: tuple[int, ...]
    reduction_factor: int

    def decide(self, rung: int, value: float, peers: Sequence[float]) -> RungDecision:
        """Keep the trial when it ranks among the best 1 / reduction_factor; ties go on."""
        places = len(peers) // self.reduction_factor
        if places == 0:
            return RungDecision(rung, keep=True, cutoff=None, standing=len(peers))
        cutoff = sorted(peers, reverse=True)[places - 1]
        return RungDecision(rung, keep=value >= cutoff, cutoff=cutoff, standing=len(peers))


@schedulers.register("asha")
def asha(
    horizon: int,
    *,
    grace_period: Annotated[int, Range(1, doc="epochs before anyone may be stopped")] = 1,
    reduction_factor: Annotated[int, Range(2, doc="one in this many goes on at each rung")] = 3,
) -> Asha:
    """Asynchronous successive halving: at each rung the best 1 / reduction_factor go on.

    Args:
        horizon: epochs of a full training.
    """
    rungs = []
    rung = grace_period
    while rung < horizon:
        rungs.append(rung)
        rung *= reduction_factor
    return Asha(tuple(rungs), reduction_factor)

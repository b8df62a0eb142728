"""No early stopping: every trial is trained to its horizon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from search.runs.record import RungDecision
from search.tuning.schedulers import schedulers


@dataclass(frozen=True)
class Never:
    """The rule that stops nobody."""

    rungs: tuple[int, ...] = ()

    def decide(self, rung: int, value: float, peers: Sequence[float]) -> RungDecision:
        """Keep the trial."""
        return RungDecision(rung, keep=True, cutoff=None, standing=len(peers))


@schedulers.register("none")
def none(horizon: int) -> Never:
    """Train every trial to its horizon."""
    return Never()

"""The median stopping rule of Vizier (Golovin et al. 2017, section 3.2.1, https://doi.org/10.1145/3097983.3098043).

A trial is stopped when its best value so far is below the median of the others' running averages at that epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median as median_of
from typing import Annotated

from search.plan.registry import Range
from search.runs.record import RungDecision
from search.tuning.schedulers import Others, Scheduler, Standing, schedulers


@dataclass(frozen=True, kw_only=True)
class Median(Scheduler):
    """The rule.

    Args:
        min_trials: nobody is stopped while fewer others stand at an epoch.
    """

    min_trials: int

    def decide(self, rung: int, mine: Standing, others: Others) -> RungDecision:
        """Stop the trial when its best value is below the median of the others' means."""
        count = len(others.means)
        if count < self.min_trials:
            return RungDecision(rung, keep=True, cutoff=None, standing=count + 1)
        cutoff = median_of(others.means[(count - 1) // 2 : count // 2 + 1])  # sorted: the middle one or two
        return RungDecision(rung, keep=mine.best >= cutoff, cutoff=cutoff, standing=count + 1)


@schedulers.register("median")
def median(
    horizon: int,
    *,
    grace_period: Annotated[int, Range(1, doc="epochs before anyone may be stopped")] = 1,
    interval: Annotated[int, Range(1, doc="epochs from one comparison to the next")] = 1,
    min_trials: Annotated[int, Range(1, doc="others that must have come so far; Ray Tune has 3")] = 3,
    audit: Annotated[float, Range(0, 1, doc="share of condemned trials that are let live")] = 0.0,
) -> Median:
    """Median stopping: whoever is worse at his best than the others are on average is stopped.

    Args:
        horizon: epochs of a full training.
    """
    return Median(rungs=tuple(range(grace_period, horizon, interval)), min_trials=min_trials, audit=audit)

"""Schedulers: who goes on at a rung. One file each; a scheduler is a pure rule over the values at a rung."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from search.plan.registry import Registry
from search.runs.record import RungDecision


@dataclass(frozen=True)
class Standing:
    """How one trial stands at a rung, larger is better: its score, its best value, the mean of its values so far."""

    score: float
    best: float
    mean: float


@dataclass(frozen=True)
class Others:
    """How the other trials of the bracket stand at a rung: their scores and their means, each in rising order."""

    scores: Sequence[float] = ()
    means: Sequence[float] = ()


@dataclass(frozen=True, kw_only=True)
class Scheduler:
    """A rule for early stopping, and the one that stops nobody.

    All methods are pure functions of their arguments; larger values are better (the Policy turns a loss around).

    **Every rule** sets `rungs`: the epochs at which trials are compared, increasing and below the horizon, of all
    brackets together. A rule with brackets also says `rungs_of`, `bracket` and, where a bracket is full at some
    number of trials, `capacity`.

    **A rule that stops** overrides `decide`; a trial goes on or ends as soon as it reaches a rung.

    **A rule that promotes** sets `pauses` and overrides `places`: a trial pauses at each rung and goes on when it is
    among the best there for which there is a place.

    Args:
        rungs: epochs.
        audit: share (0-1) of the condemned trials that are let live as a control group.
    """

    rungs: tuple[int, ...] = ()
    audit: float = field(default=0.0)
    pauses: ClassVar[bool] = False

    def rungs_of(self, bracket: int) -> Sequence[int]:
        """Return the rungs of one bracket, increasing."""
        return self.rungs

    def bracket(self, seed: int, number: int, order: int) -> int:
        """Return the bracket of a new trial.

        Args:
            seed: of the run.
            number: of the trial.
            order: how many trials entered a bracket before it.
        """
        return 0

    def capacity(self, bracket: int) -> int | None:
        """Return how many trials a bracket takes; its rungs are closed once all of them came. None: any number."""
        return None

    def decide(self, rung: int, mine: Standing, others: Others) -> RungDecision:
        """Decide for a trial that has just reached a rung.

        Args:
            rung: the epoch.
            mine: how the trial stands there, finite.
            others: how those stand that came before.
        """
        return RungDecision(rung, keep=True, cutoff=None, standing=len(others.scores) + 1)

    def places(self, bracket: int, rung: int, *, standing: int, entered: int) -> int:
        """Return how many of the trials at a rung may go on; asked of a closed rung where there is a `capacity`.

        Args:
            bracket: of the trials.
            rung: the epoch.
            standing: how many stand there.
            entered: how many entered the bracket.
        """
        return 0


Build = Callable[..., Scheduler]
schedulers: Registry[Build] = Registry("scheduler")
"""Every scheduler by name. A part is built as ``build(horizon, **settings)``, the horizon in epochs."""

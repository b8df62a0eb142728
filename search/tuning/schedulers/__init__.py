"""Schedulers: who goes on at a rung. One file each; a scheduler is a pure rule over the values at a rung."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from search.plan.registry import Registry
from search.runs.record import RungDecision


class Scheduler(Protocol):
    """A rule for early stopping.

    Obligations: `rungs` are increasing epochs below the horizon; `decide` is a pure function of its
    arguments, and larger values are better (the Policy turns a loss around).
    """

    @property
    def rungs(self) -> Sequence[int]:
        """The epochs at which trials are compared; the horizon itself is none of them."""

    def decide(self, rung: int, value: float, peers: Sequence[float]) -> RungDecision:
        """Decide for a trial that has just reached a rung.

        Args:
            rung: the epoch.
            value: the trial's own value there, finite.
            peers: the values of all trials recorded there so far, its own included.
        """


Build = Callable[..., Scheduler]
schedulers: Registry[Build] = Registry("scheduler")
"""Every scheduler by name. A part is built as ``build(horizon, **settings)``, the horizon in epochs."""

"""How long an epoch may take before its worker is taken for hung, learned from the epochs of this search."""

from __future__ import annotations

from dataclasses import dataclass

TIMES = 20.0
"""An epoch may take that many times the usual one: a busy node slows an epoch two- or threefold, never so much."""

LEAST = 60.0
"""Seconds that any epoch may take: a checkpoint on a slow disk, a pause of the network (as on the Overview page)."""

OPENING = 1800.0
"""Seconds that the first epoch of a stint may take at least: the images come to the node, kernels are compiled, and a
wide network of an architecture takes many times what a narrow one does."""

FIRST = 3600.0
"""Seconds that a first epoch may take where none of its architecture was ever measured."""


@dataclass(frozen=True)
class Allowed:
    """How long an epoch may take in seconds, and the usual epoch; None where none has been measured yet."""

    seconds: float
    usual: float | None = None

    def sentence(self, silent: float) -> str:
        """Return why a stint was given up that said nothing for so many seconds."""
        if self.usual is None or silent < self.usual:
            return f"no epoch for {silent:.0f} s: taken for hung"
        times = silent / max(self.usual, 1e-3)
        return f"no epoch for {silent:.0f} s, {times:.0f} times the usual {self.usual:.3g} s: taken for hung"


class HangLimits:
    """What the epochs of a search take: of each trial, and of the slowest of each architecture.

    Args:
        times: of the usual epoch that an epoch may take.
    """

    def __init__(self, times: float = TIMES) -> None:
        self.times = times
        self._slowest: dict[str, float] = {}
        self._own: dict[int, float] = {}

    def learn(self, number: int, architecture: str, seconds: float) -> None:
        """Take note of a trial's epoch: what its worker took for it in all, by one clock."""
        self._own[number] = max(self._own.get(number, 0.0), seconds)
        self._slowest[architecture] = max(self._slowest.get(architecture, 0.0), seconds)

    def opening(self, number: int, architecture: str) -> Allowed:
        """Return how long the first epoch of a stint may take."""
        usual = self._own.get(number, self._slowest.get(architecture))
        return Allowed(FIRST) if usual is None else Allowed(max(OPENING, self.times * usual), usual)

    def further(self, number: int) -> Allowed:
        """Return how long the next epoch of a trial may take that has reported one."""
        return further(self._own[number], self.times)


def further(slowest: float, times: float) -> Allowed:
    """Return how long a trial's next epoch may take, by its slowest one so far in seconds."""
    return Allowed(max(LEAST, times * slowest), slowest)

"""Since when nothing was heard of each stint; who is silent for far too long is taken for hung.

A worker ends itself when its time is up (`watchdog`). Where even that cannot happen, say because the process is
stopped, the driver has it killed after twice that time. Only the driver's own monotonic clock is asked. While the
driver itself was held up, say by a mount that did not answer, it could hear nobody: that time counts against no one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from search.tuning.hang_limits import Allowed, HangLimits

SECOND_LINE = 2.0
"""The driver waits that many times as long as the worker itself."""

NEARLY = 0.9
"""A worker that died after that share of its time has ended itself: its clock began a little earlier than ours."""

HELD_UP = 10.0
"""Seconds between two looks from which on the driver was held up itself: it looks several times a second."""


@dataclass(frozen=True)
class Heard:
    """When a stint was heard of last (monotonic seconds), and how long it may be silent from then on."""

    attempt: int
    architecture: str
    at: float
    allowed: Allowed
    condemned: bool = False

    @property
    def due(self) -> float:
        """When its worker must be killed, unless something is heard of it (monotonic seconds)."""
        return math.inf if self.condemned else self.at + SECOND_LINE * self.allowed.seconds


class Silence:
    """Who was heard of when; a stint that waits for a worker is not known here.

    Args:
        limits: knows how long epochs may take.
        clock: monotonic, in seconds.
        held_up: seconds between two looks from which on they count against no one.
    """

    def __init__(
        self,
        limits: HangLimits,
        *,
        clock: Callable[[], float] = time.monotonic,
        held_up: float = HELD_UP,
    ) -> None:
        self._limits, self._clock, self._held_up = limits, clock, held_up
        self._looked: float | None = None
        self._heard: dict[int, Heard] = {}
        self._nobody_before = -math.inf  # nobody is overdue until then

    def allowed(self, number: int, architecture: str) -> Allowed:
        """Return how long the first epoch of a stint may take."""
        return self._limits.opening(number, architecture)

    def begun(self, number: int, attempt: int, architecture: str) -> None:
        """A worker has begun with a stint."""
        allowed = self.allowed(number, architecture)
        self._note(number, Heard(attempt, architecture, self._clock(), allowed))

    def heard(self, number: int, attempt: int, seconds: float | None) -> None:
        """A stint was heard of.

        Args:
            number: of the trial.
            attempt: of the stint.
            seconds: that an epoch took its worker, by its own clock, which may be set; None: it was a part of one,
                which says nothing of how long a whole one may take.
        """
        known = self._heard.get(number)
        if known is None or known.attempt != attempt:
            return
        if seconds is None:
            self._note(number, replace(known, at=self._clock()))
            return
        waited = self._clock() - known.at
        self._limits.learn(number, known.architecture, seconds if 0 < seconds < waited else waited)
        self._note(number, replace(known, at=self._clock(), allowed=self._limits.further(number)))

    def left(self, number: int, attempt: int | None) -> str:
        """Forget a stint that has ended; return why it was given up, where it was silent until then for too long."""
        known = self._heard.get(number)
        if known is None or attempt not in (None, known.attempt):
            return ""
        del self._heard[number]
        silent = self._clock() - known.at
        return known.allowed.sentence(silent) if silent >= NEARLY * known.allowed.seconds else ""

    def overdue(self) -> list[tuple[int, int]]:
        """Return number and attempt of the stints whose workers must be killed, each once."""
        # Asked at every result: to go through 1,000 stints each time took as long as to decide on it.
        now = self._clock()
        self._forgive(now)
        if now < self._nobody_before:
            return []
        found = [(number, known.attempt) for number, known in self._heard.items() if now >= known.due]
        for number, _ in found:
            self._heard[number] = replace(self._heard[number], condemned=True)
        self._nobody_before = min((known.due for known in self._heard.values()), default=math.inf)
        return found

    def _forgive(self, now: float) -> None:
        """Give everybody the time back in which nobody looked: what they said meanwhile is not read yet."""
        gap = now - self._looked if self._looked is not None else 0.0
        self._looked = now
        if gap > self._held_up:
            for number, known in self._heard.items():
                self._heard[number] = replace(known, at=min(known.at + gap, now))
            self._nobody_before = -math.inf

    def _note(self, number: int, heard: Heard) -> None:
        self._heard[number] = heard
        self._nobody_before = min(self._nobody_before, heard.due)

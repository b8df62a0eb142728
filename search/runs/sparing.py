"""Work that is done again and again, but so seldom that it never takes more than its share of the time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

SHARE = 100.0
"""What was done rests at least so many times as long as it took: a large search pays at most 1 % for it."""


class Sparing:
    """Does something now and then.

    Args:
        every: seconds from its end to the next time, at least.
        clock: monotonic, in seconds.
    """

    def __init__(self, every: float, clock: Callable[[], float]) -> None:
        self._every, self._clock = every, clock
        self._due = -math.inf

    @property
    def due(self) -> bool:
        """Whether it may be done again."""
        return self._clock() >= self._due

    def do(self, act: Callable[[], T]) -> T:
        """Do it, due or not; it rests for as long as it must."""
        began = self._clock()
        done = act()
        ended = self._clock()
        self._due = ended + max(self._every, SHARE * (ended - began))
        return done

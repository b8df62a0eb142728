"""Wrong passwords: each costs a second, and after some nobody may try for a minute."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

MOST = 10
"""Wrong attempts of one client in a minute."""

MOST_OF_ALL = 100
"""Of all clients together: who guesses may have many addresses. Eight random letters stand for 4,000 years."""

WINDOW = 60.0
DELAY = 1.0
"""Seconds until a wrong attempt is answered."""


class Attempts:
    """The wrong attempts of the last minute.

    Args:
        delay: seconds until a wrong attempt is answered.
        clock: in seconds.
    """

    def __init__(self, *, delay: float = DELAY, clock: Callable[[], float] = time.monotonic) -> None:
        self._delay = delay
        self._clock = clock
        self._failed: deque[tuple[float, str]] = deque(maxlen=MOST_OF_ALL)

    def may_try(self, client: str) -> bool:
        """Tell whether a client may say a password now."""
        since = self._clock() - WINDOW
        recent = [who for when, who in self._failed if when > since]
        return len(recent) < MOST_OF_ALL and recent.count(client) < MOST

    async def failed(self, client: str) -> None:
        """Take note of a wrong attempt; it counts at once, so that many at the same time gain nothing."""
        self._failed.append((self._clock(), client))
        await asyncio.sleep(self._delay)

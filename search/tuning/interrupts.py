"""Ctrl-C once ends a search after the epochs in flight, twice at once, and never in the middle of a record."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Handles SIGINT and SIGTERM while it is `handled`.

    Args:
        first: is told the signal's name when the first one comes, and must only take note of it.

    ``came`` holds the signals so far. From the third on they are ignored: the way out takes only seconds.
    """

    def __init__(self, first: Callable[[str], None]) -> None:
        self.came: list[signal.Signals] = []
        self._first = first
        self._shielded = False
        self._due = False

    @contextlib.contextmanager
    def handled(self) -> Iterator[None]:
        """Take the signals over; only a main thread can, elsewhere nothing is changed."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._handle) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextlib.contextmanager
    def shield(self) -> Iterator[None]:
        """Let what is inside end first: a second signal raises afterwards.

        Raises:
            KeyboardInterrupt: on leaving, when the second signal came inside.
        """
        self._shielded = True
        try:
            yield
        finally:
            self._shielded = False
            if self._due:
                self._due = False
                raise KeyboardInterrupt

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.came.append(signal.Signals(number))
        if len(self.came) == 1:
            self._first(self.came[0].name)
        elif len(self.came) == 2 and self._shielded:
            self._due = True
        elif len(self.came) == 2:
            raise KeyboardInterrupt

"""The driver's clock: simulated, but while the driver works its own time passes.

A decision costs the CPU time of its thread, since others use the benchmark's machine too, and the wall-clock time of
every fsync, which a CPU clock does not see.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class DriverClock:
    """Tells the simulated time, and what a piece of the driver's work takes.

    ``synced`` are the seconds that were waited for the disk, ``syncs`` how often.
    """

    def __init__(self) -> None:
        self.synced = 0.0
        self.syncs = 0
        self._at = 0.0
        self._began: float | None = None

    def __call__(self) -> float:
        """Return the simulated time in seconds."""
        return self._at if self._began is None else self._at + self._own() - self._began

    def work(self, at: float, act: Callable[[], T]) -> tuple[T, float]:
        """Do a piece of work that begins at a simulated time; return its result and how many seconds it took."""
        self._at, self._began = at, self._own()
        try:
            done = act()
        finally:
            spent = self._own() - self._began
            self._began = None
        self._at = at + spent
        return done, spent

    @contextmanager
    def timing_the_disk(self) -> Iterator[None]:
        """Within it every `os.fsync` of this process is timed."""
        stock = os.fsync

        def timed(descriptor: int) -> None:
            wall, cpu = time.perf_counter(), time.thread_time()
            stock(descriptor)
            self.synced += time.perf_counter() - wall - (time.thread_time() - cpu)
            self.syncs += 1

        os.fsync = timed  # type: ignore[assignment]
        try:
            yield
        finally:
            os.fsync = stock

    def _own(self) -> float:
        return time.thread_time() + self.synced

"""A worker ends itself when an epoch takes far too long, and leaves in its log where it hung.

The clock is a C thread (`faulthandler`), so that it also runs out where the interpreter is held: by a call of a GPU's
driver that never returns, a collective operation whose partner is gone, a file system that does not answer.
"""

from __future__ import annotations

import faulthandler
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from search.tuning.hang_limits import further


class Watchdog:
    """Watches the epochs of one stint.

    Args:
        log: takes the stack of every thread when the time is up; made when missing. Where the worker does not see
            the run's folder that is its own copy, on its node: the process ends before it could be handed over, and
            the folder goes when the next worker begins there.
        seconds: that the first epoch may take; None: as long as it likes, and so may all others.
        times: of its slowest epoch that each further one may take.
    """

    def __init__(self, log: Path, *, seconds: float | None, times: float) -> None:
        self._log, self._seconds, self._times = log, seconds, times
        self._slowest = self._began = 0.0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Within it an epoch is trained, or a part of one: where that takes too long, this process ends at once, with
        code 1.
        """
        if self._seconds is None:
            yield
            return
        self._began = time.monotonic()
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("a", encoding="utf-8") as file:
            faulthandler.dump_traceback_later(self._seconds, exit=True, file=file)
            try:
                yield
            finally:
                faulthandler.cancel_dump_traceback_later()

    def learn(self) -> None:
        """What was watched last was a whole epoch, and has just ended: the next ones are measured by it."""
        if self._seconds is not None:
            self._slowest = max(self._slowest, time.monotonic() - self._began)
            self._seconds = further(self._slowest, self._times).seconds

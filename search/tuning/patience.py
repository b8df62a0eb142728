"""Waiting for a storage that is out of reach: the search goes on by itself when it is back."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable

from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import SQLAlchemyError

from search.runs.errors import StudyError
from search.runs.layout import RunLayout
from search.runs.outage import is_away, reason
from search.runs.storage import read_storage
from search.tuning.driver import Driver

LONGEST = 600.0
"""Seconds that a search waits for its storage; a file server that restarts takes one to three minutes."""

PAUSES = (0.5, 15.0)
"""Seconds before the first and before later attempts; they double from the one to the other."""

SOUND = 60.0
"""Seconds after which a search that went on is well again: what comes later is another outage."""

STORAGE = (OSError, SQLAlchemyError, StorageInternalError, StudyError)
"""What the storage's errors may be."""


class Patience:
    """How long a search has waited for its storage, and may still.

    Args:
        layout: of the run.
        say: takes a line for the user.
        longest: seconds that it waits, until the search goes on soundly.
    """

    def __init__(self, layout: RunLayout, say: Callable[[str], None], *, longest: float = LONGEST) -> None:
        self._layout = layout
        self._say = say
        self._longest = longest
        shared = read_storage(layout)
        self._place = shared.url if shared else str(layout.root)
        self._began = -float("inf")
        self._back = -float("inf")

    def bears(self, error: BaseException) -> bool:
        """Tell whether it is worth waiting after an error of the storage."""
        now = time.monotonic()
        if now - self._back > SOUND:
            self._began = now
        return now - self._began < self._longest and is_away(error, missing=self._missing())

    def wait(self, error: BaseException, again: Callable[[], Driver], *, stop: Callable[[], bool]) -> Driver:
        """Wait until the storage is back.

        Args:
            error: what said that it is away.
            again: opens the study, and returns a driver that goes on.
            stop: tells whether somebody wants the search to end.

        Raises:
            OSError: it has not come back in time, or something else is wrong with it; ``error``, where that is one.
        """
        self._say(
            f"{self._place}: {reason(error)}: the search waits until it is there again, at most "
            f"{self._longest / 60:g} minutes"
        )
        pause = PAUSES[0]
        while True:
            _sleep(pause, stop)
            if stop():
                raise error
            try:
                self._refuse_missing()
                driver = again()
            except STORAGE as found:
                if not is_away(found, missing=self._missing()):
                    raise OSError(str(found)) from found
                if time.monotonic() - self._began >= self._longest:
                    raise error from found
            else:
                break
            pause = min(2 * pause, PAUSES[1])
        self._back = time.monotonic()
        self._say(f"{self._place} is there again after {self._back - self._began:.0f} s: the search goes on")
        return driver

    def _refuse_missing(self) -> None:
        """Make sure that the run's folder is there: in the empty place of a share another study would be begun."""
        if self._missing():
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN), str(self._layout.root))

    def _missing(self) -> bool:
        """Tell whether the run's folder is not there: so shows a share that was unmounted."""
        try:
            return not self._layout.plan.is_file()
        except OSError:
            return True


def _sleep(seconds: float, stop: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not stop():
        time.sleep(min(0.2, seconds))

"""How what a worker writes comes into the run's folder, and what it needs comes to the worker; knows no Ray."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from search.runs.layout import RunLayout


class Transport(Protocol):
    """Where a worker writes the files of a run, and how they get to where the run is kept."""

    @property
    def root(self) -> Path:
        """The run's folder as this worker writes it; its name is that of the run."""

    def deliver(self, attempt: Path) -> None:
        """Make the run's folder as this attempt's folder stands now; when it returns, all of it is durable there.

        Args:
            attempt: a folder below `root`.

        Raises:
            OSError: the run's folder cannot be written.
        """

    def checkpoints(self, number: int) -> Sequence[str]:
        """Return all checkpoints of a trial, of any attempt, relative to the run's folder.

        Raises:
            OSError: the run's folder cannot be read.
        """

    def fetch(self, relative: str) -> Path:
        """Return a file of the run where this worker can read it.

        Args:
            relative: to the run's folder.

        Raises:
            OSError: it cannot be read.
        """

    def gone(self) -> str:
        """Return why no file of the run can be read or written now, whichever trial asks; empty: they can."""

    def leave(self, attempt: Path) -> None:
        """Forget an attempt whose stint is over."""


class SharedFolder:
    """A run's folder that the worker itself sees: it is on this machine, or on a network file system.

    Args:
        root: the run's folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def deliver(self, attempt: Path) -> None:
        """Make sure that what was written is there: where a share was unmounted, it lies on this machine's own disk.

        Raises:
            OSError: the run's folder is no longer there.
        """
        if gone := self.gone():
            raise OSError(errno.ENOTCONN, gone, str(self.root))

    def checkpoints(self, number: int) -> list[str]:
        """Return all checkpoints of a trial."""
        return checkpoints_of(RunLayout(self.root), number)

    def fetch(self, relative: str) -> Path:
        """Return the file itself."""
        return self.root / relative

    def gone(self) -> str:
        """Return that the share is gone where the plan of the run is not there."""
        return "" if RunLayout(self.root).plan.is_file() else os.strerror(errno.ENOTCONN)

    def leave(self, attempt: Path) -> None:
        """Do nothing: the folder is the run's."""


class Supplies(Protocol):
    """What a node gets from the driver's where it lacks it."""

    def images(self, entry: str) -> None:
        """See to it that the node's cache has decoded images.

        Args:
            entry: the folder in the cache, `<name>-<fingerprint>`.

        Raises:
            DataError: they cannot be had.
        """

    def plugin(self, path: Path) -> Path:
        """Return a plugin where this worker can read it.

        Args:
            path: of the file on the driver's node.
        """


class OwnSupplies:
    """A worker beside the driver lacks nothing."""

    def images(self, entry: str) -> None:
        """Do nothing: the driver decodes them before it begins, into the cache that this worker has, too."""

    def plugin(self, path: Path) -> Path:
        """Return the file itself."""
        return path


def checkpoints_of(run: RunLayout, number: int) -> list[str]:
    """Return all checkpoints of a trial, of any attempt, relative to the run's folder."""
    attempts = run.trial(number).attempts()
    return [run.relative(path) for attempt in attempts for path in attempt.checkpoints()]

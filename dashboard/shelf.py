"""The runs in a folder: which there are, whether they changed, and opening one that may be damaged."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from search.plan.mistake import PlanError
from search.runs.errors import StudyError
from search.runs.layout import RunLayout, find_runs
from search.runs.lease import Holder, holder
from search.runs.reader import RunReader
from search.runs.run import Run

SHARED_EVERY = 10.0
"""Seconds after which a study outside the run's folder, whose changes no file shows, is read again."""

Stamp = tuple[tuple[int, int] | None, ...]
"""Modification time and size of the files that a run is read from; equal stamps mean equal runs."""


@dataclass(frozen=True)
class Opened:
    """A run as read, or the reason why it cannot be; ``seconds`` is what reading it took."""

    run: Run | None
    reason: str
    seconds: float


def run_names(folder: Path) -> list[str]:
    """Return the names of the runs in a folder, the one that changed last first; none where there is no folder."""
    layouts = list(find_runs(folder))
    return [layout.root.name for layout in sorted(layouts, key=_changed, reverse=True)]


def find_run(folder: Path, name: str) -> RunLayout | None:
    """Return the run of that name directly below a folder, or None.

    A name is looked up among those that exist and never joined to a path, so that none leads out of the folder.
    """
    return next((layout for layout in find_runs(folder) if layout.root.name == name), None)


def stamp(layout: RunLayout) -> Stamp:
    """Return what changes when a run does; costs three looks at the file system."""
    shared = _look(layout.storage)
    tick = None if shared is None else (int(time.time() // SHARED_EVERY), 0)
    return _look(layout.plan), _look(layout.journal), shared, tick


def driver_of(layout: RunLayout) -> Holder | None:
    """Return who drives a run; None also where the folder may not be opened for the question."""
    try:
        return holder(layout)
    except OSError:
        return None


class Book:
    """One run, read again and again; for one thread at a time."""

    def __init__(self, layout: RunLayout) -> None:
        self._layout = layout
        self._reader: RunReader | None = None

    def read(self) -> Opened:
        """Return the run as it stands; one that is damaged comes back with the reason."""
        start = time.perf_counter()
        run, reason = None, ""
        try:
            self._reader = self._reader or RunReader(self._layout.root)
            run = self._reader.read()
        except PlanError as error:
            reason = "; ".join(str(mistake) for mistake in error.mistakes)
        except StudyError as error:
            reason = str(error)
        except Exception as error:  # a damaged file can raise anything: JSON's errors, Optuna's, TypeError …
            reason = f"{type(error).__name__}: {error}"
        if run is None:
            self._reader = None  # what it knows may be half of a change
        return Opened(run, reason, time.perf_counter() - start)


def try_open(layout: RunLayout) -> Opened:
    """Open a run once."""
    return Book(layout).read()


def _look(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _changed(layout: RunLayout) -> int:
    return max((look[0] for look in (_look(layout.plan), _look(layout.journal)) if look), default=0)

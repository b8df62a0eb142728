"""The searches in a folder: which there are, ours and other programs', and reading one that may be damaged."""

from __future__ import annotations

import functools
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from search.plan.command import command
from search.plan.mistake import PlanError
from search.plan.place import Place
from search.runs.errors import StudyError
from search.runs.foreign import understand
from search.runs.layout import RunLayout, find_runs
from search.runs.lease import Holder, holder
from search.runs.log_folders import FoundLogs, find_foreign
from search.runs.logs.folder import LogFolder
from search.runs.logs.logs import Logs
from search.runs.reader import RunReader
from search.runs.run import Run

SHARED_EVERY = 10.0
"""Seconds after which a study outside the run's folder, whose changes no file shows, is read again."""

LOGS_EVERY = 60.0
"""Seconds after which logs that do not change are judged again: whoever wrote them may have ended."""

FIND_EVERY = 15.0
"""Seconds for which the other programs' searches in a folder are known: to find them, folders are walked."""

LIST_EVERY = 60.0
"""The same of a bucket: to find them, it is listed, and asked about each folder, which takes time and costs money."""

AWAY_FOR = 60.0
"""Seconds for which a bucket that is out of reach is not asked again: to find that out takes up to a minute."""

Stamp = tuple[tuple[int, int] | None, ...]
"""Modification time and size of the files that a run is read from; equal stamps mean equal runs."""


@dataclass(frozen=True)
class Shelved:
    """A search in the folder; ``logs`` is None for a run of ours.

    ``objective`` is what logs are ranked by, a metric and `max` or `min`; None: what is guessed.
    """

    name: str
    layout: RunLayout
    logs: FoundLogs | None = None
    objective: tuple[str, str] | None = None

    @property
    def place(self) -> str:
        """Where it is: its folder, or its address in a bucket."""
        return str(self.layout.root if self.logs is None else self.logs.folder)

    @property
    def local(self) -> bool:
        """Whether it lies on a disk."""
        return self.logs is None or isinstance(self.logs.folder, Path)

    @property
    def away(self) -> str:
        """Why nothing is known of it: the bucket is out of reach; empty otherwise."""
        return "" if self.logs is None else self.logs.away


@dataclass(frozen=True)
class Opened:
    """A run as read, or the reason why it cannot be. ``notes`` say in sentences what was concluded from its logs."""

    run: Run | None
    reason: str
    notes: tuple[str, ...] = ()


class Book(Protocol):
    """A search that is read again and again, each time what came since; by one thread at a time."""

    def read(self) -> Opened:
        """Return it as it stands; one that is damaged comes back with the reason."""
        ...


def shelf(folder: Place) -> list[Shelved]:
    """Return the searches in a folder by name; none where there is no folder."""
    here = find_runs(folder) if isinstance(folder, Path) else ()
    ours = [Shelved(layout.root.name, layout) for layout in here]
    others = _foreign(folder)
    foreign = [Shelved(found.name, RunLayout(Path(found.folder)), found) for found in others]
    # Ours first: of two with one name it is found by it.
    known = {found.name: found for found in [*foreign, *ours]}
    return [known[name] for name in sorted(known)]


def run_names(folder: Place) -> list[str]:
    """Return the names of the searches in a folder, the one that changed last first; other programs' come last."""
    return [found.name for found in sorted(shelf(folder), key=changed, reverse=True)]


def find_run(folder: Place, name: str) -> Shelved | None:
    """Return the search of that name in a folder, or None.

    A name is looked up among those that exist and never joined to a path, so that none leads out of the folder. Of a
    bucket that has been out of reach since the beginning it is the bucket: nobody knows what it has.
    """
    found = shelf(folder)
    away = [one for one in found if one.away]
    return next((one for one in found if one.name == name), away[0] if away else None)


def stamp(layout: RunLayout) -> Stamp:
    """Return what changes when a run of ours does; costs three looks at the file system."""
    shared = _look(layout.storage)
    tick = None if shared is None else (int(time.time() // SHARED_EVERY), 0)
    return _look(layout.plan), _look(layout.journal), shared, tick


def fetched_at(layout: RunLayout) -> int | None:
    """Return when a copy of a run was brought up to date last, in ns since 1970; None: it is none."""
    found = _look(layout.fetched)
    return None if found is None else found[0]


def changed(found: Shelved) -> int:
    """Return when a search changed last, in ns since 1970; 0 for another program's, whose files are many."""
    if found.logs is not None:
        return 0
    return max((look[0] for look in stamp(found.layout) if look is not None), default=0)


def driver_of(layout: RunLayout) -> Holder | None:
    """Return who drives a run; None also where the folder may not be opened for the question."""
    try:
        return holder(layout)
    except OSError:
        return None


def book(found: Shelved) -> Book:
    """Return a search to be read again and again."""
    return _RunBook(found.layout) if found.logs is None else _LogsBook(found.logs, found.objective)


class _RunBook:
    """A run of ours."""

    def __init__(self, layout: RunLayout) -> None:
        self._layout = layout
        self._reader: RunReader | None = None

    def read(self) -> Opened:
        try:
            self._reader = self._reader or RunReader(self._layout.root)
            return Opened(self._reader.read(), "")
        except PlanError as error:
            reason = "; ".join(str(mistake) for mistake in error.mistakes)
        except StudyError as error:
            reason = str(error)
        except Exception as error:  # a damaged file can raise anything: JSON's errors, Optuna's, TypeError …
            reason = f"{type(error).__name__}: {error}"
        self._reader = None  # what it knows may be half of a change
        return Opened(None, reason)


class _LogsBook:
    """A search of another program."""

    def __init__(self, found: FoundLogs, objective: tuple[str, str] | None) -> None:
        self._found = found
        self._objective = objective
        self._logs: Logs | None = None
        self._opened: Opened | None = None
        self._judged, self._lost = 0.0, -AWAY_FOR

    def read(self) -> Opened:
        if self._found.away:
            return Opened(None, self._found.away)
        if self._opened is not None and time.monotonic() - self._lost < AWAY_FOR:
            return self._opened
        try:
            logs = _opened(self._found).refresh()
            now = time.time()
            if self._opened is None or logs is not self._logs or now - self._judged > LOGS_EVERY:
                self._logs, self._opened, self._judged = logs, self._understand(logs), now
        except Exception as error:  # as above: the logs of any program
            self._logs, self._opened = None, Opened(None, f"{type(error).__name__}: {error}")
            if isinstance(error, OSError) and isinstance(self._found.folder, str):
                self._lost = time.monotonic()
        return self._opened

    def _understand(self, logs: Logs) -> Opened:
        asked = self._objective if self._objective and self._objective[0] in logs.tags else None
        metric, mode = asked or (None, None)
        found = understand(logs, metric=metric, mode=mode, name=self._found.name)
        run = Run(RunLayout(Path(self._found.folder)), found.plan, found.records, measured=found.measurements)
        return Opened(run, "", (*found.notes, *self._of_ours()))

    def _of_ours(self) -> list[str]:
        if not self._found.ours:
            return []
        return [
            "This is a run of Winnow in a bucket, where its logs alone are read. Its decisions, predictions and winner "
            f"are shown of the copy that this brings home, for a dashboard without --runs-dir: "
            f"{command('fetch', self._found.folder)}"
        ]


@functools.lru_cache(maxsize=8)
def _opened(found: FoundLogs) -> LogFolder:
    """Return the logs of a search, once for all objectives by which they are ranked."""
    return found.open()


@dataclass(frozen=True)
class _Searches:
    """Other programs' searches in a folder, and when they were looked for."""

    found: list[FoundLogs]
    at: float


_known: dict[Place, _Searches] = {}
_looking = threading.Lock()


def _foreign(folder: Place) -> list[FoundLogs]:
    """Return other programs' searches; all visitors share one look."""
    every = FIND_EVERY if isinstance(folder, Path) else LIST_EVERY
    with _looking:
        known = _known.get(folder)
        if known is None or time.monotonic() - known.at > every:
            found = _look_for(folder, known.found if known else [])
            _known[folder] = _Searches(found, time.monotonic())
        return _known[folder].found


def _look_for(folder: Place, known: list[FoundLogs]) -> list[FoundLogs]:
    """Return other programs' searches; while a bucket is out of reach, those that were known: each says so itself."""
    if isinstance(folder, Path) and not folder.is_dir():
        return []
    found = find_foreign(folder)
    away = any(one.away for one in found)
    return known if away and known and not any(one.away for one in known) else found


def _look(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size

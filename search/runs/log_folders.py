"""Where, in a folder, other programs have left searches as TensorBoard logs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from search.plan.place import Place
from search.runs.layout import RunLayout
from search.runs.logs.event_bucket import EventBucket
from search.runs.logs.folder import LogFolder
from search.runs.logs.store import LocalStore, is_events
from search.runs.published_runs import published_runs
from search.training.bucket import Bucket

DEEP = 4
"""Levels below a folder in which event files are looked for: experiment, trial, attempt, `validation`."""

MOST_LOOKED_AT = 200
"""Folders below one that are looked into: the first trial of a search has event files, or the search is none yet."""

MOST_ENTRIES = 2000
"""Of a folder that are looked at: one with more holds images."""

PLAN, WINNER = "plan.yaml", "winner/"
"""Of a run of ours: see `search.runs.layout`."""


@dataclass(frozen=True)
class FoundLogs:
    """A search known by its logs: its name, and its folder or bucket.

    ``flat``: only the event files directly in the children of the folder are its trials; what lies deeper is another
    search, or a run of ours. ``ours``: it is a run of ours in a bucket, of which the logs alone are read there, but for
    those of what its winner's confirmation has trained. ``away``: why nothing is known of the bucket.
    """

    name: str
    folder: Place
    flat: bool = False
    ours: bool = False
    away: str = ""

    def open(self, *, cache: bool = True) -> LogFolder:
        """Return its logs, to be read again and again.

        Args:
            cache: whether what was read is kept on this machine for the next process.
        """
        if isinstance(self.folder, str):
            store = EventBucket(self.folder, without=WINNER) if self.ours else None
            return LogFolder(self.folder, cache=cache, store=store)
        return LogFolder(self.folder, cache=cache, store=LocalStore(self.folder, flat=self.flat))


def find_foreign(folder: Place) -> list[FoundLogs]:
    """Return the searches of other programs in a folder, by name.

    Of a bucket's prefix the runs of ours that lie below it; where there are none, it is one search. A bucket that is
    out of reach is one, too, and says so.

    A child with event files somewhere below it is a search; where event files lie directly in children, or in the
    folder, these are the trials of one search, which is the folder itself. Our own runs are left out.
    """
    if isinstance(folder, str):
        return _in_bucket(folder.rstrip("/"))
    found, flat = [], _has_events(folder)
    for path in _children(folder):
        if RunLayout(path).plan.is_file():
            continue
        if _has_events(path):
            flat = True
        elif any(_has_events(below) for below in islice(_below(path), MOST_LOOKED_AT)):
            found.append(FoundLogs(path.name, path))
    if flat:
        found.append(FoundLogs(folder.resolve().name, folder, flat=True))
    return sorted(found, key=lambda logs: logs.name)


def _in_bucket(address: str) -> list[FoundLogs]:
    name = address.rpartition("/")[2]
    try:
        ours = [FoundLogs(run.rpartition("/")[2], run, ours=True) for run in published_runs(address)]
        return ours or [FoundLogs(name, address, ours=Bucket(address).find(PLAN) is not None)]
    except OSError as error:
        return [FoundLogs(name, address, away=f"{address} is out of reach: {error}")]


def _below(folder: Path) -> Iterator[Path]:
    """Yield the folders below one, level by level."""
    level = [folder]
    for _ in range(DEEP):
        level = [child for parent in level for child in islice(_children(parent), MOST_LOOKED_AT)]
        yield from level[:MOST_LOOKED_AT]
        level = level[:MOST_LOOKED_AT]


def _children(folder: Path) -> list[Path]:
    """Return the folders in a folder that are not hidden, by name; none where it cannot be opened."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(e.name for e in entries if not e.name.startswith(".") and e.is_dir())
    except OSError:
        return []
    return [folder / name for name in names]


def _has_events(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(is_events(entry.name) for entry in islice(entries, MOST_ENTRIES))
    except OSError:
        return False

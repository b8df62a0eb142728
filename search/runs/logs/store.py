"""Where event files are kept: a local folder (NFS too) or a bucket; what is there, and a stretch of a file."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

QUIET = 60.0
"""Seconds: a folder in which nothing came or went for so long is quiet."""

QUIET_EVERY = 10.0
"""Seconds after which quiet folders are looked at again. Other folders are, and all known files, at each look."""

SETTLED = 2.0
"""Seconds: a folder that changed a shorter time ago is listed again, since its time may not tell the next change."""

MOST_FOLDERS = 200_000
"""Folders that are searched: more are no logs, but somebody's whole disk."""

PARAMETERS = "params.json"
"""Ray Tune's hyperparameters of a trial, beside its event file."""

LARGEST_TEXT = 2**20
"""Bytes of a file of hyperparameters."""


class Look(NamedTuple):
    """What tells that a file has changed: its size in bytes, its time, and what it is, whatever its name."""

    size: int
    time: int
    identity: tuple[int, int] = (0, 0)


class Store(Protocol):
    """A place with event files; paths are relative to its root and written with '/'."""

    def look(self) -> dict[str, Look]:
        """Return all event files and files of hyperparameters that are there."""

    def read(self, path: str, offset: int, length: int) -> bytes:
        """Return so many bytes of a file, or as many as it has.

        Raises:
            OSError: it is out of reach.
        """

    def name(self, path: str) -> str:
        """Return a path as a person knows it."""

    def many(self, stretches: Iterable[tuple[str, int, int]]) -> Iterator[bytes | OSError]:
        """Yield stretches (path, offset, length), in order; an error in place of one that is out of reach."""


def is_events(name: str) -> bool:
    """Tell whether a file of that name holds events, as TensorBoard does (`io_wrapper.IsSummaryEventsFile`)."""
    return "tfevents" in name and not name.endswith(".profile-empty")


def wanted(name: str) -> bool:
    """Tell whether a file of that name is one that we read."""
    return is_events(name) or name == PARAMETERS


class LocalStore:
    """A folder on this machine.

    A file costs one `stat` a look, 3 us; a folder that is quiet one every few seconds. Links are followed, once.

    Args:
        root: the folder; it need not exist yet.
        flat: of the folders in it only those that have event files themselves are entered.
        quiet_every: seconds; see `QUIET_EVERY`.
    """

    def __init__(self, root: Path, *, flat: bool = False, quiet_every: float = QUIET_EVERY) -> None:
        self._root, self._flat = str(root), flat
        self._every = quiet_every
        self._due = 0.0
        self._folders: dict[str, _Folder] = {}
        self._busy: list[str] = []
        self._files: dict[str, str] = {}

    def look(self) -> dict[str, Look]:
        """Return all event files and files of hyperparameters that are there."""
        now = time.monotonic()
        if now >= self._due or any(self._changed(path) for path in self._busy):
            self._due = now + self._every
            self._search()
        looks = {}
        for path, full in self._files.items():
            try:
                seen = os.stat(full)  # noqa: PTH116 - twice as fast as through a Path, for thousands of files
            except OSError:
                continue
            looks[path] = Look(seen.st_size, seen.st_mtime_ns, (seen.st_dev, seen.st_ino))
        return looks

    def read(self, path: str, offset: int, length: int) -> bytes:
        """Return so many bytes of a file, or as many as it has.

        Raises:
            OSError: it is out of reach.
        """
        # Without blocking: a named pipe that is called like an event file must not hold us.
        with open(os.open(self._full(path), os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as file:  # noqa: PTH123
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise OSError(f"{path}: this is no ordinary file")
            file.seek(offset)
            return file.read(length)

    def name(self, path: str) -> str:
        """Return a path as a person knows it."""
        # A name need not be UTF-8; a page must be.
        return os.fsencode(self._full(path)).decode("utf-8", "replace")

    def many(self, stretches: Iterable[tuple[str, int, int]]) -> Iterator[bytes | OSError]:
        """Yield stretches (path, offset, length), in order; an error in place of one that is out of reach."""
        for path, offset, length in stretches:
            try:
                yield self.read(path, offset, length)
            except OSError as error:
                yield error

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root

    def _search(self) -> None:
        """Look at all folders for files that came or went."""
        waiting, seen = [""], set()
        reached: dict[str, _Folder] = {}
        while waiting and len(reached) < MOST_FOLDERS:
            path = waiting.pop()
            known = (
                self._folders[path] if path in self._folders and not self._changed(path) else self._list(path)
            )
            if known is not None and known.identity not in seen and self._enters(path, known):
                seen.add(known.identity)
                reached[path] = known
                waiting += known.folders
        self._folders = reached
        self._files = dict(sorted(file for folder in reached.values() for file in folder.files))
        recent = time.time() - QUIET
        self._busy = [path for path, folder in reached.items() if not path or folder.time > recent * 1e9]

    def _enters(self, path: str, folder: _Folder) -> bool:
        """Tell whether a folder belongs to these logs."""
        return not self._flat or not path or "/" in path or bool(folder.files)

    def _changed(self, path: str) -> bool:
        """Tell whether a known folder may have changed since it was listed."""
        known = self._folders.get(path)
        try:
            look = os.stat(self._full(path))  # noqa: PTH116 - as above
        except OSError:
            return known is not None
        return known is None or (known.listed, known.identity) != (
            look.st_mtime_ns,
            (look.st_dev, look.st_ino),
        )

    def _list(self, path: str) -> _Folder | None:
        """Return what is in a folder; None where it cannot be opened."""
        try:
            look = os.stat(self._full(path))  # noqa: PTH116 - as above
            with os.scandir(self._full(path)) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            return None
        named = [(f"{path}/{entry.name}" if path else entry.name, entry) for entry in listed]
        settled = time.time() - look.st_mtime > SETTLED
        return _Folder(
            time=look.st_mtime_ns,
            listed=look.st_mtime_ns if settled else 0,
            identity=(look.st_dev, look.st_ino),
            folders=tuple(name for name, entry in named if _is_folder(entry)),
            files=tuple((name, entry.path) for name, entry in named if wanted(entry.name)),
        )


@dataclass(frozen=True)
class _Folder:
    """A folder as it was listed: its time then, 0 as ``listed`` where it may not tell the next change (`SETTLED`)."""

    time: int
    listed: int
    identity: tuple[int, int]
    folders: tuple[str, ...]
    files: tuple[tuple[str, str], ...]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False

"""One driver a run: who holds the run, kept by a lock that the kernel frees when its holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Self

from search.runs.layout import RunLayout, write_json

HEARTBEAT = 10.0
"""Seconds between two signs of life."""

PUBLISHED = 90.0
"""Seconds after the last sign of life in a bucket, given every 20 s, after which a driver is taken for dead."""


FRESH = 60.0
"""Seconds for which a copy of a run says whether it goes on: it is brought home every 10."""


class RunIsHeld(RuntimeError):  # noqa: N818 (says what is the case)
    """Another living process drives this run."""


@dataclass(frozen=True)
class Holder:
    """The driver of a run: host, process, when it started, its last sign of life (seconds since 1970)."""

    host: str
    process: int
    start: float
    heartbeat: float


def held(run: Path | str, by: Holder | None) -> RunIsHeld:
    """Return the refusal of a run that another process drives.

    Args:
        run: its folder or address.
        by: who drives it; None: nobody knows.
    """
    driver = "another process"
    if by is not None:
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(by.start))
        driver = f"process {by.process} on {by.host} (since {since})"
    return RunIsHeld(f"{run}: {driver} drives this run already")


@dataclass(frozen=True)
class Origin:
    """Where a copy of a run comes from: its folder there, the machine, the cluster file; ``at`` in seconds since 1970.

    ``driver`` is who drove it there then.
    """

    run: str
    machine: str
    cluster: str
    at: float
    driver: Holder | None

    @property
    def age(self) -> float:
        """Seconds since it was brought home."""
        return time.time() - self.at

    @property
    def text(self) -> str:
        """Where the run itself is, in words: its folder and the machine, or its address in a bucket."""
        return f"{self.run} on {self.machine}" if self.cluster else self.run

    @property
    def known_at(self) -> str:
        """The same in a few words: the machine, or its address in a bucket."""
        return self.machine if self.cluster else self.run

    @property
    def known_as(self) -> tuple[str, ...]:
        """The words by which a verb is told of the run itself."""
        if not self.cluster:
            return (self.run,)
        return known_there(self.run, self.machine.partition("@")[0]), "--cluster", self.cluster


def known_there(run: str, user: str) -> str:
    """Return what a verb is told of a run of a cluster: its name where that alone leads to it, else all of it.

    Args:
        run: its folder there, or its address in a bucket.
        user: who logs in there; a name is looked for in `~/winnow/runs`.
    """
    home = "/root" if user == "root" else f"/home/{user}"
    path = PurePosixPath(run)
    return path.name if str(path.parent) == f"{home}/winnow/runs" else run


def origin_of(layout: RunLayout) -> Origin | None:
    """Return where a run was copied from; None: it is no copy."""
    try:
        document = json.loads(layout.fetched.read_text(encoding="utf-8"))
        driver = document.pop("driver")
        return Origin(**document, driver=Holder(**driver) if driver else None)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def write_origin(layout: RunLayout, origin: Origin) -> None:
    """Note where a run was copied from."""
    write_json(layout.fetched, asdict(origin), durable=False)


class Lease:
    """The right to write a run's study, held while this object is entered.

    Args:
        layout: of the run; its folder must exist.

    Raises:
        RunIsHeld: on entering, when another process holds it; the message says who.
    """

    def __init__(self, layout: RunLayout) -> None:
        self._layout = layout
        self._path = layout.lease
        self._descriptor: int | None = None
        self._checks: list[Callable[[], None]] = []
        self._taken = 0.0
        self._holder = Holder(socket.gethostname(), os.getpid(), time.time(), time.time())

    def __enter__(self) -> Self:
        descriptor = os.open(_lock_path(self._path), os.O_RDWR | os.O_CREAT, 0o644)
        if not _lock(descriptor):
            os.close(descriptor)
            raise held(self._layout.root, _read(self._path))
        self._descriptor = descriptor
        write_json(self._path, asdict(self._holder))
        self._taken = self._path.stat().st_mtime
        return self

    def __exit__(self, *_: object) -> None:
        if self._descriptor is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None

    def older(self, path: Path) -> bool:
        """Tell whether a file of the run was written before this driver took the lease.

        Both times are the file system's: the clock of whoever wrote that file may be wrong.
        """
        return path.stat().st_mtime < self._taken

    def watch(self, check: Callable[[], None]) -> None:
        """Let every `beat` make sure of something else, too.

        Args:
            check: raises RunIsHeld where another driver has the run.
        """
        self._checks.append(check)

    def renew(self) -> None:
        """Make sure that the lease is still held, after its file system was out of reach: a lock may be lost with it.

        Raises:
            RunIsHeld: another process has taken it meanwhile.
            OSError: the file system is still out of reach.
        """
        assert self._descriptor is not None
        path = _lock_path(self._path)
        if _same_file(self._descriptor, path):
            return
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if not _lock(descriptor):
            os.close(descriptor)
            raise held(self._layout.root, _read(self._path))
        with suppress(OSError):  # of a file system that is gone
            os.close(self._descriptor)
        self._descriptor = descriptor
        write_json(self._path, asdict(self._holder))

    def beat(self) -> None:
        """Give a sign of life, at most every `HEARTBEAT` seconds.

        Raises:
            RunIsHeld: of a `watch`.
        """
        for check in self._checks:
            check()
        now = time.time()
        if now - self._holder.heartbeat >= HEARTBEAT:
            self._holder = Holder(self._holder.host, self._holder.process, self._holder.start, now)
            write_json(self._path, asdict(self._holder))


def holder(layout: RunLayout) -> Holder | None:
    """Return who drives a run now, or None; a driver that died is none.

    Of a copy of a run on a cluster: who drove it there when it was brought home, for `FRESH` seconds.
    Of a copy of what a bucket has, whose times are the bucket's, it is who has published lately.
    """
    try:
        descriptor = os.open(_lock_path(layout.lease), os.O_RDONLY)
    except FileNotFoundError:
        origin = origin_of(layout)
        if origin is not None:
            return origin.driver if origin.age <= FRESH else None
        return _publishing(layout.publisher)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(layout.lease)
    finally:
        os.close(descriptor)
    return None


def _publishing(path: Path) -> Holder | None:
    try:
        said, beat = json.loads(path.read_text(encoding="utf-8")), path.stat().st_mtime
        lives = not said["released"] and time.time() - beat < PUBLISHED
        return Holder(said["host"], said["process"], said["start"], beat) if lives else None
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


def _same_file(descriptor: int, path: Path) -> bool:
    """Tell whether an open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def _lock(descriptor: int) -> bool:
    """Take the lock; tried for a moment, since an onlooker (`holder`) may have it for an instant."""
    for _ in range(20):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
        else:
            return True
    return False


def _lock_path(path: Path) -> Path:
    return path.with_suffix(".lock")


def _read(path: Path) -> Holder | None:
    try:
        return Holder(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None

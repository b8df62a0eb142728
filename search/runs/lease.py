"""One driver a run: who holds the run, kept by a lock that the kernel frees when its holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from search.runs.layout import RunLayout, write_json

HEARTBEAT = 10.0
"""Seconds between two signs of life."""


class RunIsHeld(RuntimeError):  # noqa: N818 (says what is the case)
    """Another living process drives this run."""


@dataclass(frozen=True)
class Holder:
    """The driver of a run: host, process, when it started, its last sign of life (seconds since 1970)."""

    host: str
    process: int
    start: float
    heartbeat: float


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
        self._holder = Holder(socket.gethostname(), os.getpid(), time.time(), time.time())

    def __enter__(self) -> Self:
        descriptor = os.open(_lock_path(self._path), os.O_RDWR | os.O_CREAT, 0o644)
        if not _lock(descriptor):
            os.close(descriptor)
            raise RunIsHeld(f"{self._layout.root}: {_said(self._path)} drives this run already")
        self._descriptor = descriptor
        write_json(self._path, asdict(self._holder))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._descriptor is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None

    @property
    def start(self) -> float:
        """When this driver took the lease, in seconds since 1970."""
        return self._holder.start

    def beat(self) -> None:
        """Give a sign of life, at most every `HEARTBEAT` seconds."""
        now = time.time()
        if now - self._holder.heartbeat >= HEARTBEAT:
            self._holder = Holder(self._holder.host, self._holder.process, self._holder.start, now)
            write_json(self._path, asdict(self._holder))


def holder(layout: RunLayout) -> Holder | None:
    """Return who drives a run now, or None; a driver that died is none."""
    try:
        descriptor = os.open(_lock_path(layout.lease), os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(layout.lease)
    finally:
        os.close(descriptor)
    return None


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


def _said(path: Path) -> str:
    held = _read(path)
    if held is None:
        return "another process"
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(held.start))
    return f"process {held.process} on {held.host} (since {since})"

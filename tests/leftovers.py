"""What a test may leave behind by mistake: processes, threads, temporary folders of Ray."""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

MARK = "WINNOW_TEST_SESSION"
"""Every process that descends from these tests has this in its environment, whoever its parent is now."""

DRIVERS: set[int] = set()
"""Processes that tests have started as drivers of a search; they own folders in /tmp."""

GRACE = 60.0
"""Seconds that what is about to end may take: 20 were too few for an idle worker of Ray beside three other tests."""

STAY = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")
"""Python's own helpers, which live as long as the interpreter."""


def mark_session() -> None:
    """Mark this process, so that all that it starts can be found: apart from what another worker's tests start."""
    os.environ[MARK] = uuid.uuid4().hex


@contextmanager
def nothing_left() -> Iterator[None]:
    """Fail when the block leaves a process, a thread or a folder behind.

    Raises:
        AssertionError: it names what is left.
    """
    older, threads = set(psutil.pids()), set(threading.enumerate())
    yield
    deadline = time.monotonic() + GRACE
    while found := [
        *(_described(process) for process in _started(older)),
        *(f"thread {thread.name}" for thread in set(threading.enumerate()) - threads),
        *(str(folder) for folder in folders()),
    ]:
        assert time.monotonic() < deadline, "left behind: " + "; ".join(found)
        time.sleep(0.1)


def family_of(name: str, value: str, *, session: int | None = None) -> list[psutil.Process]:
    """Return the living processes with this variable in their environment, or in a session.

    Both, since a process that changes its title (Ray's do) may overwrite its environment.
    """
    wanted = f"{name}={value}".encode()
    return [
        process
        for pid in psutil.pids()
        if (wanted in _environment(pid) or (session is not None and _session(pid) == session))
        and (process := _living(pid)) is not None
    ]


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _environment(pid: int) -> list[bytes]:
    """Return a process's environment; a zombie has none."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _living(pid: int) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    except psutil.NoSuchProcess:
        return None


def _started(older: set[int]) -> list[psutil.Process]:
    """Return what these tests have started and what still lives, but for those ids.

    To look into the environment of each of 140 processes took 5 ms, twice a test: a minute of CI.
    """
    wanted = f"{MARK}={os.environ.get(MARK, '')}".encode()
    found = [
        process
        for pid in psutil.pids()
        if pid not in older
        and (_session(pid) in DRIVERS or wanted in _environment(pid))
        and (process := _living(pid)) is not None
    ]
    return [process for process in found if not any(word in _described(process) for word in STAY)]


def folders() -> list[Path]:
    """Return the temporary folders that belong to searches of these tests, living or dead."""
    return [folder for folder in Path("/tmp").glob("winnow-*") if _owner(folder) in {os.getpid(), *DRIVERS}]


def _owner(folder: Path) -> int | None:
    try:
        return int((folder / "owner").read_text())
    except (OSError, ValueError):
        return None


def _described(process: psutil.Process) -> str:
    try:
        return f"process {process.pid}: {' '.join(process.cmdline())[:120]}"
    except psutil.Error:
        return f"process {process.pid}"

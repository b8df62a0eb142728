"""Temporary folders that go with their owner: removed by him, or by the next start on the machine when he was killed.

Each has a file that its owner holds a lock on, which the kernel frees; a folder whose lock is free has no owner.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

HOME = Path("/tmp")
"""Where the folders are: the paths of Ray's sockets must be short."""

PREFIX = "winnow-ray-"


def sweep() -> None:
    """Remove every folder whose owner was killed, and end the processes that use it: an orphaned Ray's."""
    for folder in HOME.glob(f"{PREFIX}*"):
        if _orphaned(folder):
            _remove(folder)


@contextlib.contextmanager
def owned_folder() -> Iterator[Path]:
    """Yield a new folder that is this process's while it lives, and gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=HOME))
    lock = os.open(folder / "owner.new", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.write(lock, str(os.getpid()).encode())
        # An owner's file is locked from the moment that it has its name.
        (folder / "owner.new").rename(folder / "owner")
        yield folder
    finally:
        _remove(folder)
        os.close(lock)


def _orphaned(folder: Path) -> bool:
    """Return whether a folder's owner has died; another user's folder, or one just being made, has not."""
    try:
        lock = os.open(folder / "owner", os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def _remove(folder: Path) -> None:
    for process in _users_of(folder):
        with contextlib.suppress(OSError):
            os.kill(process, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


def _users_of(folder: Path) -> list[int]:
    """Return the other processes with an open file in a folder: each of Ray's has its log there."""
    numbers = (int(path.name) for path in Path("/proc").glob("[0-9]*"))
    return [number for number in numbers if number != os.getpid() and _uses(number, folder)]


def _uses(process: int, folder: Path) -> bool:
    try:
        descriptors = list(Path(f"/proc/{process}/fd").iterdir())
    except OSError:
        return False
    for descriptor in descriptors:
        with contextlib.suppress(OSError):
            if Path(os.readlink(descriptor)).is_relative_to(folder):  # noqa: PTH115 (the target may be gone)
                return True
    return False

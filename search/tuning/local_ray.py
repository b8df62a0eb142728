"""Ray on this machine: started silently, and gone without a trace, also when its driver was killed.

Ray's services die with the process that started them (`PR_SET_PDEATHSIG`) and its workers with the services. Two
agents do not (Ray 2.60: they still try for a minute to reach the dead services), and the folder stays. So each Ray
lives in a folder whose owner holds a lock that the kernel frees; the next start ends and removes what has no owner.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import math
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import ray

from search.tuning.resources import Allocation

OBJECT_STORE = 80 * 2**20
"""Bytes of Ray's object store: only configurations and reports travel through it (its least is 75 MiB)."""

HOME = Path("/tmp")
"""Where the folders are: the paths of sockets must be short."""

PREFIX = "winnow-ray-"

QUIET = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_TRAIN_ENABLE_V2_MIGRATION_WARNINGS": "0",
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is sent anywhere
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # the workers write their own event files
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Ctrl-C is ours
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000000",  # nothing is ever restored from Ray's snapshots
    "TUNE_WARN_THRESHOLD_S": "60",
}


@contextlib.contextmanager
def local_ray(allocation: Allocation) -> Iterator[Path]:
    """Start Ray for this process, silent and without a dashboard, and leave nothing behind.

    Yields:
        A temporary folder on this machine, gone afterwards.
    """
    os.environ.update(QUIET)
    sweep()
    with _owned_folder() as folder:
        try:
            with _sigterm_kept():
                ray.init(
                    num_cpus=math.ceil(allocation.cpus * allocation.workers),
                    num_gpus=allocation.whole_gpus,
                    include_dashboard=False,
                    log_to_driver=False,
                    logging_level=logging.CRITICAL,
                    object_store_memory=OBJECT_STORE,
                    _temp_dir=str(folder),
                )
            _silence()
            yield folder
        finally:
            ray.shutdown()


def _silence() -> None:
    """Keep Ray off the terminal: the death of a worker, which the record names, takes it a page on each stream."""
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    # The one switch of what Ray prints, not logs, on standard output, where JSON lines must stay alone (2.60).
    ray._private.worker._worker_logs_enabled = False


@contextlib.contextmanager
def _sigterm_kept() -> Iterator[None]:
    """Keep what SIGTERM does: Ray's start puts a handler there that aborts the process (2.60)."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    if threading.current_thread() is threading.main_thread() and before is not None:
        signal.signal(signal.SIGTERM, before)


def sweep() -> None:
    """End and remove every Ray whose driver was killed."""
    for folder in HOME.glob(f"{PREFIX}*"):
        if _orphaned(folder):
            _remove(folder)


@contextlib.contextmanager
def _owned_folder() -> Iterator[Path]:
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

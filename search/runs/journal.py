"""The study's storage: Optuna's journal, opened so that a crash at any instant can be mended.

Three traps of the stock journal are closed (measured, Optuna 5.0): its lock outlives a killed process for 30 s,
or for ever when the path is relative; a torn last record makes the next append unreadable; and a write that
fails half-way (a full disk) leaves such a torn record behind.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from optuna.storages.journal import JournalFileBackend
from optuna.storages.journal._file import BaseJournalFileLock


class KernelLock(BaseJournalFileLock):
    """A lock that the kernel frees when its holder dies (`flock`)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Wait for the lock."""
        self.release()  # one that an interrupt left behind would be waited for for ever
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Give the lock back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class Journal(JournalFileBackend):
    """Optuna's journal file with whole records only.

    ``mended`` is the path of the torn record that was cut off when the journal was opened, or None.

    Args:
        path: the journal; made when missing. Its folder must exist.
    """

    def __init__(self, path: Path) -> None:
        self._absolute = path.resolve()
        self._kernel_lock = KernelLock(self._absolute.with_suffix(".lock"))
        self._in_group = False
        super().__init__(str(self._absolute), self._kernel_lock)
        self.mended = self._cut_torn_record()

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append records, durable when this returns or the `together` around it ends.

        On any error the file is as it was.

        Raises:
            OSError: the disk is full, say.
        """
        block = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs).encode()
        self._kernel_lock.acquire()
        try:
            descriptor = os.open(self._absolute, os.O_WRONLY | os.O_APPEND)
            try:
                _append(descriptor, block, durable=not self._in_group)
            finally:
                os.close(descriptor)
        finally:
            self._kernel_lock.release()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Within it records are appended at once, but made durable at its end, by one fsync for all of them.

        A worker waits for the records of its report: an fsync takes 1 ms on a quiet disk, 4 ms on a busy one.

        Raises:
            OSError: on leaving, when the disk refuses; nobody must have been told of the records before.
        """
        if self._in_group:
            yield
            return
        self._in_group = True
        try:
            yield
        finally:
            self._in_group = False
            self._make_durable()

    def _make_durable(self) -> None:
        descriptor = os.open(self._absolute, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _cut_torn_record(self) -> Path | None:
        self._kernel_lock.acquire()
        try:
            content = self._absolute.read_bytes()
            whole = _whole_records(content)
            if whole == len(content):
                return None
            aside = self._absolute.with_name(f"{self._absolute.name}.torn-{time.time_ns()}")
            aside.write_bytes(content[whole:])
            os.truncate(self._absolute, whole)
            return aside
        finally:
            self._kernel_lock.release()


def _append(descriptor: int, block: bytes, *, durable: bool) -> None:
    size = os.fstat(descriptor).st_size
    try:
        written = 0
        while written < len(block):
            written += os.write(descriptor, block[written:])
        if durable:
            os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise


def _whole_records(content: bytes) -> int:
    """Return how many bytes of a journal are whole records: a last line that is no JSON object is torn."""
    end = content.rfind(b"\n") + 1
    start = content.rfind(b"\n", 0, max(end - 1, 0)) + 1
    if end == 0:
        return 0
    try:
        json.loads(content[start:end])
    except ValueError:
        return start
    return end


class ReadOnlyJournal(JournalFileBackend):
    """A journal for readers: takes no lock, mends nothing, refuses to write."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise FileNotFoundError(f"{path}: there is no journal here")
        super().__init__(str(path.resolve()), KernelLock(Path(os.devnull)))

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Refuse: only the driver writes.

        Raises:
            PermissionError: always.
        """
        raise PermissionError("this study was opened for reading; only the driver of the run writes to it")

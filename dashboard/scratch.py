"""Folders for a moment: what a visitor brings and what a verb makes of it, bounded in number, gone with the server."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import threading
from collections import deque
from pathlib import Path

MOST_FOLDERS = 8
"""That are there at one time: twice as many as jobs that work at one time. The oldest goes."""


class Scratch:
    """Folders in the machine's own place for temporary files, which only this user can open."""

    def __init__(self) -> None:
        self._root: Path | None = None
        self._folders: deque[Path] = deque()
        self._lock = threading.Lock()

    def folder(self) -> Path:
        """Return a new and empty folder.

        Raises:
            OSError: it cannot be made.
        """
        with self._lock:
            if self._root is None:
                self._root = Path(tempfile.mkdtemp(prefix="winnow-dashboard-"))
                atexit.register(self.end)
            made = Path(tempfile.mkdtemp(dir=self._root))
            self._folders.append(made)
            while len(self._folders) > MOST_FOLDERS:
                shutil.rmtree(self._folders.popleft(), ignore_errors=True)
            return made

    def end(self) -> None:
        """Remove all of them."""
        with self._lock:
            if self._root is not None:
                shutil.rmtree(self._root, ignore_errors=True)
                atexit.unregister(self.end)
            self._root = None
            self._folders.clear()


SCRATCH = Scratch()

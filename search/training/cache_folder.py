"""Where this machine keeps what can be made again, and who may write there; a reader of it needs no torch."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_folder(cache: Path | None = None) -> Path:
    """Return this machine's cache: the argument, $WINNOW_CACHE, $XDG_CACHE_HOME/winnow, ~/.cache/winnow."""
    if cache is not None:
        return cache
    if named := os.environ.get("WINNOW_CACHE"):
        return Path(named).expanduser()
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "winnow"


def cached_for(kind: str, key: str, cache: Path | None = None) -> Path:
    """Return where the cache keeps what it has for a key, such as an address; each kind has a folder of its own."""
    return cache_folder(cache) / kind / hashlib.sha256(key.encode()).hexdigest()[:16]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock between processes; the kernel frees it when this one dies.

    Args:
        path: of the lock's file, made where it is missing and left behind.

    Raises:
        OSError: the file cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield

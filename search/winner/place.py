"""The folder that a bundle takes: it appears when all of it is there and checked, or not at all."""

from __future__ import annotations

import fcntl
import glob
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from search.winner.bundle import Bundle
from search.winner.candidate import CannotExport


def refuse_taken(place: Path) -> None:
    """Refuse a place that something else than a bundle has taken.

    Raises:
        CannotExport: it is no bundle and no empty folder.
    """
    if (
        place.exists()
        and not Bundle(place).checksums.is_file()
        and (not place.is_dir() or any(place.iterdir()))
    ):
        raise CannotExport(f"{place} is there already and is no bundle: an empty or a new folder is expected")


@contextmanager
def new_folder(place: Path) -> Iterator[Path]:
    """Yield a folder that takes a place when the block ends without an error; else nothing is left of it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(place)
    partial = place.with_name(f".{place.name}.{secrets.token_hex(4)}.partial")
    partial.mkdir()
    handle = os.open(partial, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems lock no folders: then a dead one's is left behind
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield partial
        _take_place(partial, place)
    finally:
        os.close(handle)
        shutil.rmtree(partial, ignore_errors=True)


def _take_place(partial: Path, place: Path) -> None:
    """Rename a finished folder; what was there before, a bundle or an empty folder, is gone when that is done."""
    refuse_taken(place)
    old = partial.with_suffix(".old")
    if place.exists():
        place.rename(old)
    partial.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def _remove_abandoned(place: Path) -> None:
    """Remove what killed exports to this place have left: the kernel has freed their locks."""
    for partial in place.parent.glob(f".{glob.escape(place.name)}.*.partial"):
        with suppress(OSError):
            handle = os.open(partial, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(partial, ignore_errors=True)
            finally:
                os.close(handle)

"""Which way leads a trial to its pixels where nobody says: what fits the disk, the memory, a GPU. No torch."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

DISK_SHARE = 0.5
"""Images are decoded into the cache where they take at most this share of what is free there: runs need room, too."""

MOST_BYTES = 200 * 10**9
"""And at most so much: ImageNet's 1.28 million images at 224 pixels take 193 GB."""

MEMORY_SHARE = 0.5
"""Images are read straight from the memory map where they take at most this share of the machine's memory: then they
stay in the kernel's page cache, and a batch never waits for the disk after the first epoch."""


def fits_disk(nbytes: int, folder: Path) -> bool:
    """Tell whether decoded images find room in the cache.

    Args:
        nbytes: of all of them.
        folder: of the cache; it is there.
    """
    return nbytes <= min(MOST_BYTES, DISK_SHARE * shutil.disk_usage(folder).free)


def fits_memory(nbytes: int) -> bool:
    """Tell whether decoded images stay in the memory of this machine beside all else; all trials share one copy."""
    return nbytes <= MEMORY_SHARE * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def size_text(nbytes: int) -> str:
    """Return a size in words: `12.3 GB`, `480 MB`."""
    return f"{nbytes / 1e9:,.1f} GB" if nbytes >= 1e9 else f"{nbytes / 1e6:,.1f} MB"

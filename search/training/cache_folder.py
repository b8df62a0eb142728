"""Where decoded images are kept on this machine; apart from the cache itself, so that a reader needs no torch."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder(cache: Path | None = None) -> Path:
    """Return where decoded images are kept: the argument, $WINNOW_CACHE, $XDG_CACHE_HOME/winnow, ~/.cache/winnow."""
    if cache is not None:
        return cache
    if named := os.environ.get("WINNOW_CACHE"):
        return Path(named)
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "winnow"

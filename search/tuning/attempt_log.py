"""What a worker says while it trains an attempt, in the attempt's own file beside its checkpoints."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

log = logging.getLogger("search")


class AttemptLog:
    """Takes what is logged in this process until it is closed.

    Args:
        path: of the file; several processes may append to it.
        who: stands before each message.

    Raises:
        OSError: the file cannot be opened.
    """

    def __init__(self, path: Path, *, who: str = "") -> None:
        self._handler = logging.FileHandler(path)
        self._handler.setFormatter(logging.Formatter(f"%(asctime)s %(levelname)s {who}%(message)s"))
        log.addHandler(self._handler)
        log.setLevel(logging.INFO)

    def close(self) -> None:
        """Take no more; on a full disk what could not be written was told when it was."""
        log.removeHandler(self._handler)
        with contextlib.suppress(OSError):
            self._handler.close()

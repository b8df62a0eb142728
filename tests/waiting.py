"""Waiting for what other processes and threads do: as long as a busy machine takes, no longer than needed."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(true: Callable[[], object], patience: float = 120.0, what: str = "what was expected") -> None:
    """Wait until something is the case; fail in words when it is not in so many seconds."""
    asked = time.monotonic()
    deadline = asked + patience
    while not true():
        answered = time.monotonic()
        assert answered < deadline, f"not in {patience:g} s: {what}"
        time.sleep(max(0.02, answered - asked))  # what is waited for needs the cores, too
        asked = time.monotonic()

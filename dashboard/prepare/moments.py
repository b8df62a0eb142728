"""Times of the clock in words."""

from __future__ import annotations

import time


def moment(at: float | None) -> str:
    """Return a time (seconds since 1970) in words, in the time zone of the server; empty where there is none."""
    return "" if at is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))

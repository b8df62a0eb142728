"""Which numbers are times: what a file says in the place of one may be anything."""

from __future__ import annotations

LATEST = 1e11
"""Seconds since 1970, in the year 5138: larger ones are no times, and too large for a calendar or even for a float."""


def known_time(at: object) -> float | None:
    """Return a time that a file says, in seconds since 1970; None where it is none."""
    return float(at) if isinstance(at, int | float) and 0 <= at < LATEST else None

"""Times of the clock in words."""

from __future__ import annotations

from datetime import datetime

from dashboard.prepare.moments import moment


def test_a_time_is_told_as_the_clock_of_the_server_shows_it() -> None:
    at = datetime(2026, 11, 21, 15, 4, 5).astimezone()
    assert moment(at.timestamp()) == "2026-11-21 15:04:05"
    assert moment(None) == ""

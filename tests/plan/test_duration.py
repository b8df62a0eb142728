"""Durations."""

from __future__ import annotations

import pytest

from search.plan.duration import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("30m", 1800),
        ("2h", 7200),
        ("1h30m", 5400),
        ("1d12h", 129600),
        ("1.5h", 5400),
        ("1h 30m", 5400),
        (90, 90),
        (0.5, 0.5),
    ],
)
def test_a_duration_is_seconds(text: object, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "2", "2x", "-2h", "30m1h", "0s", 0, -1, True, None, float("inf"), float("nan"), [], "٣h", 10**400],
)
def test_what_is_no_duration_is_named(text: object) -> None:
    with pytest.raises(ValueError, match="a duration such as 90s, 30m, 2h or 1h30m is expected, but got"):
        parse_duration(text)

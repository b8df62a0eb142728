"""Durations as people write them: `90s`, `30m`, `2h`, `1h30m`, `1d12h`, or a number of seconds."""

from __future__ import annotations

import math
import re

_DURATION = re.compile("".join(rf"(?:(?P<{unit}>[0-9]+(?:\.[0-9]+)?){unit})?" for unit in "dhms"))
_LONGEST = 1e10  # seconds: 317 years
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


def parse_duration(text: object) -> float:
    """Return a duration in seconds.

    Args:
        text: a number of seconds, or text as `2h` or `1h30m`, the larger unit first.

    Raises:
        ValueError: it is no duration, not above 0, or above 1e10 seconds.
    """
    seconds = math.nan  # which no comparison lets through
    if isinstance(text, int | float) and not isinstance(text, bool):
        seconds = text
    elif isinstance(text, str) and (match := _DURATION.fullmatch("".join(text.split()))):
        seconds = sum(float(amount) * _SECONDS[unit] for unit, amount in match.groupdict("0").items())
    if not 0 < seconds <= _LONGEST:
        raise ValueError(f"a duration such as 90s, 30m, 2h or 1h30m is expected, but got {text!r}")
    return float(seconds)

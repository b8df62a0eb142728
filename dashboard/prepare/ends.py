"""Where an axis ends that does not show everything."""

from __future__ import annotations

import math


def short(end: float, span: float) -> float:
    """Return an end with no more digits than can be seen: a chart keeps room for the label of its axis' end.

    Args:
        end: of the axis.
        span: of the values that are seen; where it is 0 or not finite, the end is returned as it is.
    """
    if not 0 < span < math.inf:
        return end
    return round(end, 2 - math.floor(math.log10(span)))

"""What the charts share: room, axes, legend, marks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Options = dict[str, Any]

GRID: Options = {"left": 8, "right": 24, "top": 52, "bottom": 30, "containLabel": True}
ROOMY: Options = {**GRID, "top": 64, "bottom": 58, "right": 44}
"""Room for a legend of many names, marks above the picture, and sliders."""

LEGEND: Options = {"top": 0, "left": 0, "icon": "roundRect", "itemWidth": 14, "itemHeight": 8}
ZOOM: list[Options] = [
    {"type": "inside", "filterMode": "none"},
    {"type": "slider", "filterMode": "none", "height": 16, "bottom": 4, "showDataShadow": False},
    {
        "type": "slider",
        "filterMode": "none",
        "width": 16,
        "right": 2,
        "yAxisIndex": 0,
        "showDetail": False,
        "showDataShadow": False,
    },
]
"""Both axes by sliders, the horizontal one also by wheel and pinch. Lines that leave the picture stay whole."""

MOST_SINGLE = 2000
DENSE: Options = {"large": True, "largeThreshold": MOST_SINGLE}
"""Of a scatter: more dots than these are drawn as one path, at once instead of a few hundred at a time."""


def opaque(dots: int, *, few: float, crowd: int) -> float:
    """Return how opaque the dots of a scatter are: fewer show through each other; in one path nothing does.

    Args:
        dots: on the chart.
        few: where they lie well beside each other.
        crowd: dots from which on they do not.
    """
    return 0.4 if dots > MOST_SINGLE else max(0.15, min(few, (crowd / max(dots, 1)) ** 0.5))


def axis(name: str, **more: Any) -> Options:
    """Return a horizontal axis of numbers, named below its middle."""
    return {"type": "value", "name": name, "nameLocation": "middle", "nameGap": 28, **more}


def height(name: str) -> Options:
    """Return a vertical axis of numbers that need not start at 0, named above its end."""
    return {"type": "value", "name": name, "scale": True, "nameTextStyle": {"align": "left"}, "nameGap": 22}


NO_ENDS: Options = {"showMinLabel": False, "showMaxLabel": False}
"""Of an axis that ends where it must, at no round number."""


def guides(marks: Sequence[Options], color: str) -> Options:
    """Return thin dashed lines across a chart.

    Args:
        marks: of each its place (`xAxis` or `yAxis`) and its `label`.
        color: of lines and labels.
    """
    return {
        "silent": True,
        "symbol": "none",
        "animation": False,
        "lineStyle": {"type": "dashed", "width": 1, "color": color, "opacity": 0.6},
        "label": {"color": color, "fontSize": 11, "opacity": 1},  # else that of the line
        "data": list(marks),
    }

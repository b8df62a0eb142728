"""What the charts share: room, axes, legend, marks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Options = dict[str, Any]

GRID: Options = {"left": 8, "right": 24, "top": 52, "bottom": 30, "containLabel": True}
LEGEND: Options = {"top": 0, "left": 0, "icon": "roundRect", "itemWidth": 14, "itemHeight": 8}


def axis(name: str, **more: Any) -> Options:
    """Return a horizontal axis of numbers, named below its middle."""
    return {"type": "value", "name": name, "nameLocation": "middle", "nameGap": 28, **more}


def height(name: str) -> Options:
    """Return a vertical axis of numbers that need not start at 0, named above its end."""
    return {"type": "value", "name": name, "scale": True, "nameTextStyle": {"align": "left"}, "nameGap": 22}


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
        "label": {"color": color, "fontSize": 11},
        "data": list(marks),
    }

"""Bars of how much each parameter matters, the most important at the top; two methods beside each other."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.charts.axes import LEGEND, Options
from dashboard.charts.palette import Palette
from dashboard.prepare.importance import Shares

BAR = 26
"""Pixels a parameter; 40 with two methods."""


def height_of(names: Sequence[str], *, methods: int) -> int:
    """Return the height of the chart in pixels."""
    return 56 + len(names) * (BAR if methods == 1 else 40)


def importance_chart(
    names: Sequence[str], methods: Sequence[tuple[str, Shares]], *, palette: Palette
) -> Options:
    """Return the chart's options.

    Args:
        names: of the parameters, the most important first.
        methods: what each is called, and its shares; a parameter that it leaves out has no bar.
        palette: of the background.
    """
    # A category axis begins at the bottom.
    upward = list(reversed(names))
    columns: Options = {"parameter": upward}
    for title, found in methods:
        columns[title] = [found.shares.get(name) for name in upward]
    colors = [palette.status["completed"], palette.best]
    return {
        "dataset": [{"source": columns}],
        "grid": {
            "left": 8,
            "right": 44,
            "top": 30 if len(methods) > 1 else 8,
            "bottom": 8,
            "containLabel": True,
        },
        "legend": LEGEND if len(methods) > 1 else {"show": False},
        "tooltip": {
            "trigger": "axis",
            "axisPointer": {"type": "shadow"},
            "confine": True,
            "valueFormatter": "%.3f",
        },
        "animation": False,
        "xAxis": {"type": "value", "min": 0, "splitNumber": 4},
        "yAxis": {"type": "category", "axisTick": {"show": False}},
        "series": [_bars(title, color) for (title, _), color in zip(methods, colors, strict=False)],
    }


def _bars(title: str, color: str) -> Options:
    return {
        "type": "bar",
        "name": title,
        "datasetIndex": 0,
        "encode": {"y": "parameter", "x": title},
        "barMaxWidth": 14,
        "color": color,
    }

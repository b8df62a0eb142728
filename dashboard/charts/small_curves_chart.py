"""A small chart of some learning curves, all alike: beside a table that tells them apart."""

from __future__ import annotations

import math

from dashboard.charts.axes import GRID, Options, axis, height
from dashboard.charts.palette import Palette
from dashboard.prepare.curves import Line

FAINTEST = 0.25


def small_curves_chart(line: Line, *, metric: str, trials: int, palette: Palette) -> Options:
    """Return the chart's options.

    Args:
        line: the curves, joined with gaps.
        metric: of the curves.
        trials: how many there are; the more, the fainter each.
        palette: of the background.
    """
    return {
        "dataset": [{"source": {"epoch": line.x, "value": line.y}}],
        "grid": {**GRID, "top": 34},
        "animation": False,
        "xAxis": axis("epoch", minInterval=1),
        "yAxis": height(metric),
        "series": [
            {
                "type": "line",
                "datasetIndex": 0,
                "encode": {"x": "epoch", "y": "value"},
                "connectNulls": False,
                "showSymbol": False,
                "silent": True,
                "color": palette.status["completed"],
                "lineStyle": {
                    "width": 1.3,
                    "opacity": max(FAINTEST, min(0.9, math.sqrt(8 / max(trials, 1)))),
                },
            }
        ],
    }

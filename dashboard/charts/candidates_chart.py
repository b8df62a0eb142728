"""The candidates of a confirmation: each training a dot, the mean, the 95 % interval, and when it left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.charts.axes import LEGEND, Options, axis
from dashboard.charts.palette import Palette

ROW, ROOM = 46, 104
"""Pixels of a candidate, and those of legend and axis together."""

JITTER = 30
"""Pixels over which the dots of a row are spread."""


def height_of(candidates: int) -> int:
    """Return the pixels that a chart of so many candidates takes."""
    return ROOM + ROW * candidates


def candidates_chart(columns: Mapping[str, Mapping[str, Sequence[Any]]], palette: Palette) -> Options:
    """Return the chart's options.

    Args:
        columns: by what is drawn; see `dashboard.prepare.confirmed.chart_rows`.
        palette: of the background.
    """
    drawn = [name for name in ("interval", "choice", "mean", "final") if columns[name]["row"]]
    made = {
        "interval": _interval(palette),
        "choice": _dots("before the choice", "circle", 8, palette.status["completed"], 0.55),
        "mean": {**_dots("mean", "rect", 0, palette.guide, 1.0), "symbolSize": [3, 18], "z": 4},
        "final": _dots("of the winner, after it", "diamond", 10, palette.best, 0.9),
    }
    return {
        "dataset": [{"source": dict(columns[name])} for name in drawn],
        "grid": {"left": 8, "right": 20, "top": 46, "bottom": 32, "containLabel": True},
        "animation": False,
        "legend": {**LEGEND, "type": "scroll"},
        "tooltip": {"trigger": "item", "confine": True},
        "xAxis": axis("accuracy on the validation images", scale=True, splitNumber=4),
        # Equal accuracies are frequent: dots beside each other are seen, means and intervals stay on their line.
        "yAxis": [
            _rows(columns),
            {**_rows(columns), "show": False, "jitter": JITTER, "jitterOverlap": False},
        ],
        "series": [
            {**made[name], "datasetIndex": place, "yAxisIndex": int(name in ("choice", "final"))}
            for place, name in enumerate(drawn)
        ],
    }


def _rows(columns: Mapping[str, Mapping[str, Sequence[Any]]]) -> Options:
    return {
        "type": "category",
        "data": list(columns["rows"]["row"]),
        "inverse": True,
        "axisTick": {"show": False},
        "axisLabel": {"lineHeight": 15},
    }


def _interval(palette: Palette) -> Options:
    return {
        "type": "line",
        "name": "95 % interval",
        "encode": {"x": "accuracy", "y": "row"},
        "showSymbol": False,
        "silent": True,
        "color": palette.guide,
        "lineStyle": {"width": 2},
        "tooltip": {"show": False},
    }


def _dots(name: str, symbol: str, size: int, color: str, opacity: float) -> Options:
    seed = "" if symbol == "rect" else "<br/>seed {@seed}"
    return {
        "type": "scatter",
        "name": name,
        "encode": {"x": "accuracy", "y": "row"},
        "symbol": symbol,
        "symbolSize": size,
        "color": color,
        "itemStyle": {"opacity": opacity},
        "tooltip": {"formatter": f"{name}<br/>{{@accuracy}}{seed}", "valueFormatter": "%.4f"},
    }

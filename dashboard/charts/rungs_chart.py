"""The ladder of one bracket: a strip for each rung, its trials in the order of their arrival, the cut-offs.

Within a strip time runs from left to right, so that the cut-off of the moment is a line that every trial can be seen
to pass or to miss.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from dashboard.charts.axes import DENSE, GRID, LEGEND, NO_ENDS, ZOOM, Options, height
from dashboard.charts.palette import Palette
from dashboard.prepare.rungs import FATES, Fate

MOST_DOTS = 20_000
"""On one chart; of more trials every other one is left out, until they fit."""

MARGIN = 0.06
"""Of a strip's width, on both sides."""

SYMBOLS: Mapping[Fate, str] = {
    "went on": "circle",
    "stopped": "triangle",
    "waiting": "rect",
    "let live": "diamond",
    "spared": "pin",
}
"""What became of a trial is told by color and by shape."""


def colors(palette: Palette) -> Mapping[Fate, str]:
    """Return the color of each fate."""
    return {
        "went on": palette.status["completed"],
        "stopped": palette.status["stopped"],
        "waiting": palette.status["running"],
        "let live": palette.status["failed"],
        "spared": palette.status["waiting"],
    }


def rungs_chart(
    arrivals: pd.DataFrame, *, metric: str, view: tuple[float | None, float | None], palette: Palette
) -> Options:
    """Return the chart's options.

    Args:
        arrivals: of one bracket, by rung and arrival; see `dashboard.prepare.rungs.Ladder`.
        metric: of the objective.
        view: the values that are seen at first, from and to; None for all on that side.
        palette: of the background.
    """
    rungs = sorted(arrivals["rung"].unique().tolist())
    placed = arrivals.assign(x=strips(arrivals["rung"].to_numpy()))
    every = -(-len(placed) // MOST_DOTS)
    dots, tints = placed.iloc[::every], colors(palette)
    sources: list[Options] = [_then(placed), _now(placed, rungs)]
    series = [
        _line("cut-off then", palette.best, 0, width=1.5, step="end"),
        _line("cut-off now", palette.guide, 1, width=2, shape="dashed"),
    ]
    for fate in (fate for fate in FATES if (dots["fate"] == fate).any()):
        those = dots[dots["fate"] == fate]
        series.append(_dots(fate, tints[fate], SYMBOLS[fate], len(sources), many=len(dots)))
        sources.append({name: those[name].to_numpy() for name in ("x", "value", "trial", "place", "of")})
    return {
        "dataset": [{"source": source} for source in sources],
        "grid": {**GRID, "right": 44, "bottom": 6},
        "animation": False,
        "legend": LEGEND,
        "tooltip": {"trigger": "item", "confine": True},
        "dataZoom": [{**ZOOM[2], "startValue": view[0], "endValue": view[1]}],
        "xAxis": [
            {"type": "value", "min": 0, "max": len(rungs), "show": False},
            {
                "type": "category",
                "position": "bottom",
                "data": [f"epoch {rung}" for rung in rungs],
                "axisTick": {"alignWithLabel": False},
                "splitLine": {"show": True},
            },
        ],
        "yAxis": {**height(metric), "axisLabel": NO_ENDS if view != (None, None) else {}},
        "series": series,
    }


def strips(rungs: np.ndarray[tuple[int], np.dtype[np.int64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the horizontal places of arrivals (n,): strip k reaches from k to k + 1, in the order given.

    Args:
        rungs: of each arrival, ascending.
    """
    _, begin, strip, count = np.unique(rungs, return_index=True, return_inverse=True, return_counts=True)
    within = (np.arange(len(rungs)) - begin[strip] + 0.5) / count[strip]
    placed: np.ndarray[tuple[int], np.dtype[np.float64]] = strip + MARGIN + (1 - 2 * MARGIN) * within
    return placed


def _then(placed: pd.DataFrame) -> Options:
    """Return the cut-offs that trials met, with a gap before each rung."""
    first = placed["rung"].ne(placed["rung"].shift())
    gaps = np.flatnonzero(first.to_numpy())
    return {
        "x": np.insert(placed["x"].to_numpy(), gaps, np.nan),
        "value": np.insert(placed["cutoff"].to_numpy(), gaps, np.nan),
    }


def _now(placed: pd.DataFrame, rungs: list[int]) -> Options:
    now = placed.groupby("rung")["now"].first()
    x = [end for strip in range(len(rungs)) for end in (strip + 0.02, strip + 0.98, np.nan)]
    return {"x": np.array(x), "value": np.repeat(now.to_numpy(), 3)}


def _line(
    name: str, color: str, dataset: int, *, width: float, step: str | None = None, shape: str = "solid"
) -> Options:
    return {
        "type": "line",
        "name": name,
        "step": step or False,
        "datasetIndex": dataset,
        "encode": {"x": "x", "y": "value"},
        "showSymbol": False,
        "silent": True,
        "color": color,
        "lineStyle": {"width": width, "type": shape},
        "tooltip": {"show": False},
        "z": 3,
    }


def _dots(name: str, color: str, symbol: str, dataset: int, *, many: int) -> Options:
    return {
        "type": "scatter",
        "name": name,
        "datasetIndex": dataset,
        "encode": {"x": "x", "y": "value"},
        "symbol": symbol,
        **DENSE,
        "symbolSize": 9 if many < 300 else 5,
        "color": color,
        "itemStyle": {"opacity": 0.8 if many < 1000 else 0.45},
        "tooltip": {
            "formatter": f"trial {{@trial}}: {name}<br/>{{@value}}<br/>place {{@place}} of {{@of}} now",
            "valueFormatter": "%.4f",
        },
    }

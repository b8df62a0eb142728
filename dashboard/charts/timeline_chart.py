"""Stints over workers: a box each, from its start to its end, and above them how many workers were busy.

The boxes are candlesticks that open and close where a stint does: ECharts draws thousands of them, and each can be
pointed at. (Its own recipe for such a chart needs a function in the page, which Streamlit does not pass on.)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from dashboard.charts.axes import LEGEND, Options
from dashboard.charts.palette import DARK, Palette
from dashboard.prepare.reports import Floats
from dashboard.prepare.states import STATUS_TEXT
from dashboard.prepare.timeline import LASTS, UNKNOWN, Timeline

ROW, ABOVE, BELOW = 26, 150, 70
"""Pixels: of a worker's row, above the rows, and below them."""

NAMES, MOST_NAMES, CHARACTER = 108, 168, 6.3
"""Pixels for the names of workers, at least and at the most (a phone has 390 in all), and of one character: a node of
AWS and its GPU, `ip-10-0-2-204 cuda:0`, take 136."""

MOST_EDGED = 500
"""Stints that have an edge: of more, the edges are all that is seen."""

MOST_ROWS = 24
"""Rows get thinner where there are more workers than that."""

ENDINGS = ("completed", "stopped", "failed", "crashed", "lost", "orphaned", "paused", LASTS, UNKNOWN)

GAP = "2%"
"""Of the axis's width, in the place of a pause."""

_BOTH: Options = {"xAxisIndex": [0, 1], "filterMode": "weakFilter"}
ZOOM: list[Options] = [
    {"type": "inside", **_BOTH},
    {"type": "slider", **_BOTH, "height": 16, "bottom": 4, "showDataShadow": False},
]

EDGES = ("#FFFFFF", "#1E1E1E")
"""Of boxes on a light and on a dark background."""

WORDS: Mapping[str, str] = {"stopped": STATUS_TEXT["stopped"], "lost": "node lost", "orphaned": "driver died"}


def colors(palette: Palette) -> Mapping[str, str]:
    """Return the color of each ending."""
    status = palette.status
    return {
        "completed": status["completed"],
        "stopped": status["stopped"],
        "failed": status["failed"],
        "crashed": palette.best,
        "lost": palette.lost,
        "orphaned": palette.best,
        "paused": status["waiting"],
        LASTS: status["running"],
        UNKNOWN: palette.guide,
    }


def width_of(workers: Sequence[str]) -> int:
    """Return the pixels that the names of workers take: both pictures begin behind them."""
    longest = max(map(len, workers), default=0)
    return min(max(NAMES, round(CHARACTER * longest) + 10), MOST_NAMES)


def height_of(workers: int) -> int:
    """Return the chart's height in pixels."""
    return ABOVE + ROW * min(max(workers, 2), MOST_ROWS) + BELOW


def timeline_chart(
    found: Timeline, busy: tuple[Floats, Floats], pauses: Sequence[tuple[float, float]], *, palette: Palette
) -> Options:
    """Return the chart's options.

    Args:
        found: the stints to draw.
        busy: the edges of pieces of time in seconds, and how many workers were busy in each.
        pauses: times to leave out, from and to, in seconds.
        palette: of the background.
    """
    last = float(found.stints["end"].max())
    pauses = [one for one in pauses if one[1] < last]
    unit, seconds = unit_of(last - sum(end - start for start, end in pauses))
    edges, means = busy
    sources: list[Options] = [{"x": edges / seconds, "busy": np.append(means, means[-1:])}]
    series = [_busy(palette)]
    edged = len(found.stints) <= MOST_EDGED
    for ending in ENDINGS:
        those = found.stints[found.stints["ending"] == ending]
        if len(those):
            color = colors(palette)[ending]
            edge = EDGES[palette is DARK] if edged else color
            series.append(_boxes(WORDS.get(ending, ending), color, len(sources), edge))
            sources.append(_stints(those, found.workers, seconds))
    left = width_of(found.workers)
    breaks = [_break(start, end, seconds) for start, end in pauses]
    zigzag = {"itemStyle": {"color": EDGES[palette is DARK], "borderColor": palette.guide, "opacity": 1}}
    time = {"type": "value", "min": 0, "max": last / seconds, "breaks": breaks, "breakArea": zigzag}
    return {
        "dataset": [{"source": source} for source in sources],
        "animation": False,
        "legend": {**LEGEND, "type": "scroll"},
        "tooltip": {"trigger": "item", "confine": True},
        "grid": [
            {"left": left, "right": 24, "top": 46, "height": 70},
            {"left": left, "right": 24, "top": ABOVE, "bottom": BELOW},
        ],
        "xAxis": [{**time, "axisLabel": {"show": False}}, _time_axis(time, unit)],
        "yAxis": [_count_axis(len(found.workers)), _worker_axis(found.workers)],
        "dataZoom": ZOOM,
        "series": series,
    }


def _break(start: float, end: float, seconds: float) -> Options:
    """Return where the axis breaks: its ends are labels, so they have one digit."""
    return {
        "start": math.ceil(10 * start / seconds) / 10,
        "end": math.floor(10 * end / seconds) / 10,
        "gap": GAP,
    }


def _time_axis(time: Options, unit: str) -> Options:
    name = {"name": f"{unit} since the first start", "nameLocation": "middle", "nameGap": 26}
    return {**time, **name, "gridIndex": 1, "axisLabel": {"showMaxLabel": False}}


def _count_axis(workers: int) -> Options:
    return {"type": "value", "min": 0, "max": workers, "minInterval": 1, "splitNumber": 2}


def _worker_axis(workers: Sequence[str]) -> Options:
    label = {"width": width_of(workers) - 10, "overflow": "truncate"}
    return {"type": "category", "gridIndex": 1, "data": list(workers), "inverse": True, "axisLabel": label}


def unit_of(seconds: float) -> tuple[str, float]:
    """Return the unit in which a span is read best, and its seconds."""
    if seconds < 180:
        return "seconds", 1.0
    return ("minutes", 60.0) if seconds < 3 * 3600 else ("hours", 3600.0)


def _stints(those: pd.DataFrame, workers: tuple[str, ...], seconds: float) -> Options:
    start, end = those["start"].to_numpy() / seconds, those["end"].to_numpy() / seconds
    return {
        "worker": [workers[row] for row in those["worker"]],
        "start": start,
        "end": end,
        # A candlestick has wicks from the lowest to the highest; here they are its ends.
        "low": start,
        "high": end,
        "trial": those["trial"].to_numpy(),
        "attempt": those["attempt"].to_numpy(),
        "epochs": those["epochs"].to_numpy(),
        "took": (those["end"] - those["start"]).round(1).to_numpy(),
    }


def _boxes(name: str, color: str, dataset: int, edge: str) -> Options:
    return {
        "type": "candlestick",
        "name": name,
        "datasetIndex": dataset,
        "xAxisIndex": 1,
        "yAxisIndex": 1,
        "layout": "vertical",
        "encode": {"y": "worker", "x": ["start", "end", "low", "high"], "tooltip": []},
        "barWidth": "70%",
        "large": False,
        "progressive": 0,
        "color": color,
        "itemStyle": {
            **dict.fromkeys(("color", "color0"), color),
            **dict.fromkeys(("borderColor", "borderColor0", "borderColorDoji"), edge),
            "borderWidth": 1,
        },
        "tooltip": {
            "formatter": f"trial {{@trial}}, attempt {{@attempt}}: {name}<br/>"
            "{@worker}<br/>{@epochs} epochs in {@took} s"
        },
    }


def _busy(palette: Palette) -> Options:
    return {
        "type": "line",
        "name": "workers busy",
        "datasetIndex": 0,
        "xAxisIndex": 0,
        "yAxisIndex": 0,
        "encode": {"x": "x", "y": "busy"},
        "step": "end",
        "showSymbol": False,
        "silent": True,
        "color": palette.status["running"],
        "lineStyle": {"width": 1},
        "areaStyle": {"opacity": 0.3},
        "tooltip": {"show": False},
    }

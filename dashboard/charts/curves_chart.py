"""Learning curves: all trials faint, the chosen ones bold, percentiles as bands, the rungs marked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dashboard.charts.axes import LEGEND, NO_ENDS, ROOMY, ZOOM, Options, axis, guides, height
from dashboard.charts.chosen import Mark, mark
from dashboard.charts.palette import Palette
from dashboard.prepare.curves import Against, Bands, Line
from dashboard.prepare.states import STATUS_TEXT
from search.runs.record import Status

FAINT, FAINTEST = 0.5, 0.1
"""Opacity of the curves of a status that has few, and of one that has many."""

WIDE, THINNEST = 1.2, 0.35
"""Pixels of a curve among few, and among many. A status is one path, and where that crosses itself a browser adds up
what is thinner than a pixel only: thin curves leave crowded places darker than empty ones."""

FEW = 40
"""Curves that lie well beside each other."""

BEHIND = 0.5
"""Times that, behind bands."""

MOST_RUNGS = 12
"""That are marked: median stopping compares at every epoch."""

AXIS: Mapping[Against, str] = {
    "epoch": "epoch",
    "step": "step",
    "trial time": "minutes of training of the trial",
    "search time": "minutes since the search began",
}


@dataclass(frozen=True)
class Chosen:
    """A curve to look at: its name in the legend, the curve as drawn, and as it was recorded where it is smoothed."""

    name: str
    line: Line
    raw: Line | None = None


@dataclass(frozen=True, kw_only=True)
class Look:
    """How the chart is drawn: its axes, the values that are seen (None: all), the marks at rungs, the colors."""

    metric: str
    against: Against
    rungs: Sequence[int] = ()
    log: bool = False
    end: float | None = None
    values: tuple[float | None, float] | None = None
    palette: Palette


def curves_chart(
    lines: Mapping[Status, Line], chosen: Sequence[Chosen], bands: Bands | None, look: Look
) -> Options:
    """Return the chart's options.

    Args:
        lines: of each status.
        chosen: the curves to look at.
        bands: percentiles by step; None for none.
        look: how.
    """
    sources: list[Options] = []
    series: list[Options] = []

    def add(source: Options, *made: Options) -> None:
        series.extend({**one, "datasetIndex": len(sources)} for one in made)
        sources.append(source)

    for status, line in lines.items():
        count = len(np.unique(line.trial)) - 1
        faint = opacity(count) * (BEHIND if bands else 1.0)
        color = look.palette.status[status]
        add(_points(line), _faint(STATUS_TEXT[status], color, faint, width=width(count)))
    if bands is not None:
        add(_levels(bands), *_bands(look.palette))
    for index, one in enumerate(chosen):
        marked = mark(index, look.palette)
        if one.raw is not None:
            add(_points(one.raw), _raw(one.name, marked))
        add(_points(one.line), _bold(one.name, marked))
    if series:
        series[-1]["markLine"] = guides(_marks(look), look.palette.guide)
    return {
        "dataset": [{"source": source} for source in sources],
        "grid": ROOMY,
        "legend": {**LEGEND, "type": "scroll", "data": _legend(lines, chosen, bands)},
        "tooltip": {"trigger": "axis", "confine": True, "valueFormatter": "%.4f"},
        "dataZoom": ZOOM,
        "xAxis": axis(AXIS[look.against], min=0, max=look.end, minInterval=_least(look.against)),
        "yAxis": _values(look),
        "series": series,
    }


def _values(look: Look) -> Options:
    low, high = look.values or (None, None)
    ends = NO_ENDS if look.values else {}
    return {
        **height(look.metric),
        "type": "log" if look.log else "value",
        "min": low,
        "max": high,
        "axisLabel": ends,
    }


def opacity(trials: int) -> float:
    """Return how opaque so many curves of one status are."""
    return _fewer(trials, FAINT, FAINTEST)


def width(trials: int) -> float:
    """Return how wide, in pixels."""
    return _fewer(trials, WIDE, THINNEST)


def _fewer(trials: int, most: float, least: float) -> float:
    return max(least, min(most, most * math.sqrt(FEW / max(trials, 1))))


def _least(against: Against) -> int:
    return 1 if against in ("epoch", "step") else 0


def _points(line: Line) -> Options:
    return {"x": line.x, "y": line.y}


def _levels(bands: Bands) -> Options:
    p10, p25, p50, p75, p90 = bands.levels
    # ECharts fills between two lines by stacking the difference upon the lower one.
    return {"x": bands.x, "p10": p10, "to 90": p90 - p10, "p25": p25, "to 75": p75 - p25, "p50": p50}


def _line(name: str, color: str, *, width: float, opaque: float = 1.0, shape: str = "solid") -> Options:
    return {
        "type": "line",
        "name": name,
        "encode": {"x": "x", "y": "y"},
        "connectNulls": False,
        "showSymbol": False,
        "animation": False,
        "color": color,
        "lineStyle": {"width": width, "opacity": opaque, "type": shape},
    }


def _faint(name: str, color: str, opaque: float, *, width: float) -> Options:
    return {
        **_line(name, color, width=width, opaque=opaque),
        "silent": True,
        "tooltip": {"show": False},
    }


def _raw(name: str, marked: Mark) -> Options:
    return {
        **_line(name, marked.color, width=1, opaque=0.35),
        "silent": True,
        "tooltip": {"show": False},
        "z": 4,
    }


def _bold(name: str, marked: Mark) -> Options:
    return {**_line(name, marked.color, width=3, shape=marked.dash), "z": 5}


def _bands(palette: Palette) -> list[Options]:
    color = palette.guide
    outer, inner = "10 to 90 % of trials", "25 to 75 % of trials"
    return [
        *_band(outer, "p10", "to 90", color, opaque=0.14),
        *_band(inner, "p25", "to 75", color, opaque=0.24),
        {**_line("median", color, width=2), "encode": {"x": "x", "y": "p50"}, "z": 3},
    ]


def _band(name: str, low: str, more: str, color: str, *, opaque: float) -> list[Options]:
    hidden = {"tooltip": {"show": False}, "silent": True, "stack": name, "stackStrategy": "all", "z": 2}
    line = _line(name, color, width=0, opaque=0)
    return [
        {**line, **hidden, "encode": {"x": "x", "y": low}},
        {**line, **hidden, "encode": {"x": "x", "y": more}, "areaStyle": {"opacity": opaque, "color": color}},
    ]


def marked(look: Look) -> Sequence[int]:
    """Return the rungs that are marked."""
    return look.rungs if look.against in ("epoch", "step") and len(look.rungs) <= MOST_RUNGS else ()


def _marks(look: Look) -> list[Options]:
    return [
        {"xAxis": rung, "label": {"formatter": str(rung), "position": "end", "distance": 3}}
        for rung in marked(look)
    ]


def _legend(lines: Mapping[Status, Line], chosen: Sequence[Chosen], bands: Bands | None) -> list[str]:
    names = [STATUS_TEXT[status] for status in lines]
    names += ["10 to 90 % of trials", "25 to 75 % of trials", "median"] if bands else []
    return names + [one.name for one in chosen]

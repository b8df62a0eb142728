"""The value over two parameters: bands of color where trials are near, and the trials as points."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dashboard.charts.axes import DENSE, Options, opaque
from dashboard.charts.palette import Palette
from dashboard.prepare.contour import Contour, Side
from dashboard.prepare.slices import limits

BANDS = 10
"""Bands of color: more are not told apart, and their edges are the contour lines."""

LOW_TO_HIGH = ["#f1f1d6", "#c7e0b0", "#8ccba2", "#52b19d", "#2f9199", "#2b6f8e", "#32507f", "#3a2f63"]
"""From light to dark, as viridis without its ends: lightness alone tells the order (Crameri 2020,
https://doi.org/10.1038/s41467-020-19160-7)."""


def contour_chart(found: Contour, *, maximize: bool, palette: Palette, dark: bool) -> Options:
    """Return the chart's options.

    Args:
        found: the surface and its trials.
        maximize: the better values are the higher ones; they get the color that is furthest from the background.
        palette: of the background.
        dark: the background is dark.
    """
    shown = limits(found.values)
    ramp = LOW_TO_HIGH if maximize else LOW_TO_HIGH[::-1]
    ramp = ramp[::-1] if dark else ramp
    low, high = _range(found, shown.low, shown.high)
    return {
        "dataset": [{"source": _cells(found)}, {"source": _trials(found)}],
        "grid": {"left": 8, "right": 128, "top": 34, "bottom": 30, "containLabel": True},
        "animation": False,
        "tooltip": {"trigger": "item", "confine": True},
        "xAxis": _axes(found.x, upright=False),
        "yAxis": _axes(found.y, upright=True),
        "visualMap": {
            "type": "piecewise",
            "pieces": _pieces(low, high, ramp),
            "dimension": 2,
            "seriesIndex": 0,
            "right": 0,
            "top": 30,
            "itemGap": 3,
            "textStyle": {"color": palette.guide, "fontSize": 11},
        },
        "series": [_heat(), _points(palette, len(found.values))],
    }


def _range(found: Contour, low: float, high: float) -> tuple[float, float]:
    known = found.mean[np.isfinite(found.mean)]
    if not len(known) or known.min() == known.max():
        return low, high
    return float(max(known.min(), low)), float(min(known.max(), high))


def _pieces(low: float, high: float, ramp: Sequence[str]) -> list[Options]:
    """Return the bands, the highest first; the outer ones are open, for what is far out."""
    edges = np.linspace(low, high, BANDS + 1)
    digits = max(0, 2 - math.floor(math.log10(max(high - low, 1e-12))))
    found = []
    for place in reversed(range(BANDS)):
        below, above = float(edges[place]), float(edges[place + 1])
        label = f"{below:.{digits}f} – {above:.{digits}f}"
        piece: Options = {"label": label, "color": _mixed(ramp, place / (BANDS - 1))}
        piece |= {} if place == 0 else {"gt": below}
        piece |= {} if place == BANDS - 1 else {"lte": above}
        found.append(piece)
    return found


def _mixed(ramp: Sequence[str], share: float) -> str:
    """Return the color at a share of a ramp."""
    stops = np.array([[int(one[at : at + 2], 16) for at in (1, 3, 5)] for one in ramp])
    at = share * (len(ramp) - 1)
    red, green, blue = (np.interp(at, range(len(ramp)), stops[:, channel]) for channel in range(3))
    return f"#{round(red):02x}{round(green):02x}{round(blue):02x}"


def _cells(found: Contour) -> Options:
    rows, columns = np.nonzero(np.isfinite(found.mean))
    return {"x": columns, "y": rows, "value": found.mean[rows, columns]}


def _trials(found: Contour) -> Options:
    return {
        "x": _written(found.x),
        "y": _written(found.y),
        "value": found.values,
        "trial": found.trials,
    }


def _written(side: Side) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return places in the units of the axis; choices are spread, so that trials do not hide each other."""
    if side.labels:
        golden = (np.arange(len(side.places)) * 0.6180339887498949) % 1
        return np.asarray(side.places + 0.6 * (golden - 0.5))
    return np.asarray(10**side.places if side.parameter.log else side.places)


def _axes(side: Side, *, upright: bool) -> list[Options]:
    """Return the axis of the cells and that of the trials, which span the same; one of the two is seen.

    A map of cells needs categories, and trials a scale of numbers: choices are seen on the first, numbers on the other.
    """
    seen: Options = {
        "name": side.parameter.name,
        "nameLocation": "end" if upright else "middle",
        "nameGap": 10 if upright else 28,
        "position": "left" if upright else "bottom",
        "nameTextStyle": {"align": "left"} if upright else {},
        "splitLine": {"show": False},
    }
    ends = (10**side.low, 10**side.high) if side.parameter.log else (side.low, side.high)
    low, high = (float(f"{end:.9g}") for end in ends)  # 0.3, which its logarithm has made 0.29999999999999993
    scale = {"type": "log" if side.parameter.log else "value", "min": low, "max": high}
    if side.labels:
        names = {"type": "category", "data": list(side.labels), "axisLabel": {"interval": 0}}
        return [{**seen, **names}, {**scale, "show": False}]
    cells = [str(place) for place in range(len(side.middles))]
    return [{"type": "category", "data": cells, "show": False}, {**seen, **scale}]


def _heat() -> Options:
    return {
        "type": "heatmap",
        "datasetIndex": 0,
        "xAxisIndex": 0,
        "yAxisIndex": 0,
        "encode": {"x": "x", "y": "y", "value": "value"},
        "tooltip": {"formatter": "smoothed: {@value}"},
        "progressive": 0,
    }


def _points(palette: Palette, trials: int) -> Options:
    return {
        "type": "scatter",
        "datasetIndex": 1,
        "xAxisIndex": 1,
        "yAxisIndex": 1,
        "encode": {"x": "x", "y": "y"},
        **DENSE,
        "symbolSize": 4 if trials > 500 else 7,
        "color": palette.best,
        "itemStyle": {
            "opacity": opaque(trials, few=0.9, crowd=40),
            "borderColor": "rgba(255,255,255,0.6)",
            "borderWidth": 0 if trials > 500 else 0.5,
        },
        "tooltip": {"formatter": "trial {@trial}<br/>{@x}, {@y}<br/>{@value}"},
    }

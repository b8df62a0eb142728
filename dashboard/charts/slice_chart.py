"""A slice: the trials as points along one parameter, and over them the mean of each group with its interval."""

from __future__ import annotations

from dashboard.charts.axes import DENSE, NO_ENDS, Options, opaque
from dashboard.charts.palette import Palette
from dashboard.prepare.ends import short
from dashboard.prepare.slices import Limits, Slice
from dashboard.prepare.states import STATUS_TEXT
from search.runs.record import Status

SYMBOLS: dict[Status, str] = {"completed": "circle", "stopped": "triangle", "failed": "diamond"}
"""So that a stopped trial is told from a completed one without its color; any other status is a pin."""

MEAN = "mean, 95 % interval"


def slice_chart(one: Slice, limits: Limits, *, metric: str, palette: Palette) -> Options:
    """Return the chart's options.

    Args:
        one: the slice.
        limits: of the values that are shown.
        metric: whose value it is.
        palette: of the background.
    """
    sources: list[Options] = []
    series: list[Options] = []
    trials = sum(len(frame) for frame in one.points.values())
    for status, frame in one.points.items():
        series.append(_points(status, palette, len(sources), trials, spread=bool(one.labels)))
        sources.append({"source": {name: frame[name] for name in frame}})
    series += _means(one, palette, len(sources))
    sources.append({"source": _groups(one)})
    return {
        "dataset": sources,
        "grid": {"left": 8, "right": 18, "top": 46, "bottom": 26, "containLabel": True},
        "legend": {"top": 0, "left": 0, "itemWidth": 12, "itemHeight": 9, "data": _legend(one)},
        "animation": False,
        "tooltip": {"trigger": "item", "confine": True},
        "xAxis": _across(one),
        "yAxis": {
            "type": "value",
            "name": metric,
            "min": short(limits.low, limits.high - limits.low),
            "max": short(limits.high, limits.high - limits.low),
            "nameGap": 8,
            "nameTextStyle": {"align": "left"},
            "axisLabel": NO_ENDS,
        },
        "series": series,
    }


def _legend(one: Slice) -> list[str]:
    return [*(STATUS_TEXT[status] for status in one.points), MEAN]


def _across(one: Slice) -> list[Options]:
    """Return the axis that is seen; for choices a second one of numbers lies under it, on which points are spread."""
    name = one.parameter.name
    common: Options = {"name": name, "nameLocation": "middle", "nameGap": 26}
    if one.labels:
        written = {"interval": 0, "width": 70, "overflow": "truncate"}
        return [
            {**common, "type": "category", "data": list(one.labels), "axisLabel": written},
            {"type": "value", "min": -0.5, "max": len(one.labels) - 0.5, "show": False},
        ]
    kind = "log" if one.parameter.log else "value"
    ends = {"min": one.parameter.low, "max": one.parameter.high}
    return [{**common, "type": kind, **ends, "axisLabel": {"hideOverlap": True}}]


def _points(status: Status, palette: Palette, dataset: int, trials: int, *, spread: bool) -> Options:
    return {
        "type": "scatter",
        "name": STATUS_TEXT[status],
        "datasetIndex": dataset,
        "xAxisIndex": int(spread),
        "encode": {"x": "x", "y": "value"},
        "symbol": SYMBOLS.get(status, "pin"),
        **DENSE,
        "symbolSize": 4 if trials > 1000 else 7,
        "color": palette.status.get(status, palette.guide),
        "itemStyle": {"opacity": opaque(trials, few=0.8, crowd=60)},
        "tooltip": {"formatter": "trial {@trial}<br/>{@value}"},
    }


def _groups(one: Slice) -> Options:
    found = one.effect
    return {
        "x": one.middles,
        "mean": found.means,
        "low": found.low,
        "high": found.high,
        "group": list(found.labels),
        "trials": found.trials,
    }


def _means(one: Slice, palette: Palette, dataset: int) -> list[Options]:
    """Return a line between two dotted ones for a number, and a box for each choice."""
    words = "{@group}: mean {@mean} of {@trials} trials<br/>{@low} to {@high}"
    common: Options = {
        "datasetIndex": dataset,
        "color": palette.best,
        "tooltip": {"formatter": words},
        "z": 5,
    }
    mean = {
        **common,
        "type": "line",
        "name": MEAN,
        "encode": {"x": "x", "y": "mean"},
        "symbol": "rect" if one.labels else "circle",
        "symbolSize": [22, 4] if one.labels else 5,
        "showSymbol": True,
        "lineStyle": {"width": 0 if one.labels else 2.5},
    }
    if one.labels:
        box = {"type": "boxplot", "encode": {"x": "x", "y": ["low", "low", "mean", "high", "high"]}}
        border = {"color": "transparent", "borderColor": palette.best, "borderWidth": 2}
        return [mean, {**common, **box, "name": MEAN, "boxWidth": [12, 26], "itemStyle": border}]
    dotted = {
        "lineStyle": {"width": 1.5, "type": "dotted"},
        "showSymbol": False,
        "silent": True,
        "type": "line",
    }
    ends = ({**common, **dotted, "name": MEAN, "encode": {"x": "x", "y": end}} for end in ("low", "high"))
    return [mean, *ends]

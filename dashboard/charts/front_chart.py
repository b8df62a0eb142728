"""Score against an attribute of the completed trials, those on the front marked, bounds drawn."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.charts.axes import GRID, LEGEND, Options, axis, guides, height
from dashboard.charts.palette import Palette
from dashboard.prepare.overview import Tradeoff, label
from search.plan.objectives import Constraint


def front_chart(
    found: Tradeoff, attribute: str, *, bounds: Sequence[Constraint], metric: str, palette: Palette
) -> Options:
    """Return the chart's options.

    Args:
        found: the completed trials.
        attribute: on the horizontal axis.
        bounds: of the plan; those on this attribute are drawn.
        metric: of the objective.
        palette: of the background.
    """
    sources = [_points(found, attribute, front=front) for front in (False, True)]
    series = [
        _dots("completed", palette.status["completed"], 0, size=7, opacity=0.5),
        _dots("on the front", palette.best, 1, size=12, opacity=1.0),
    ]
    marks = [
        {"xAxis": bound.bound, "label": {"formatter": str(bound)}}
        for bound in bounds
        if bound.attribute == attribute
    ]
    series[0]["markLine"] = guides(marks, palette.guide)
    return {
        "dataset": [{"source": source} for source in sources],
        "grid": GRID,
        "animation": False,
        "legend": LEGEND,
        "tooltip": {"trigger": "item", "confine": True},
        "xAxis": axis(label(attribute), scale=True),
        "yAxis": height(metric),
        "series": series,
    }


def _points(found: Tradeoff, attribute: str, *, front: bool) -> Options:
    rows = [row for row, on in enumerate(found.columns["front"]) if on == front]
    return {
        "x": [found.columns[attribute][row] for row in rows],
        "score": [found.columns["score"][row] for row in rows],
        "trial": [found.columns["trial"][row] for row in rows],
    }


def _dots(name: str, color: str, dataset: int, *, size: int, opacity: float) -> Options:
    return {
        "type": "scatter",
        "name": name,
        "datasetIndex": dataset,
        "encode": {"x": "x", "y": "score"},
        "symbolSize": size,
        "symbol": "circle" if dataset == 0 else "diamond",
        "color": color,
        "itemStyle": {"opacity": opacity},
        "tooltip": {"formatter": "trial {@trial}<br/>score {@score}<br/>{@x}", "valueFormatter": "%.4f"},
    }

"""The staircase of the best value so far, with a point where each trial ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from dashboard.charts.axes import GRID, LEGEND, Options, axis, guides, height
from dashboard.charts.palette import Palette
from dashboard.prepare.staircase import End, Point
from dashboard.prepare.states import STATUS_TEXT

Against = Literal["epochs", "minutes"]
AXIS: dict[Against, str] = {"epochs": "epochs trained by all trials", "minutes": "minutes since the start"}


def staircase_chart(
    points: Sequence[Point],
    ends: Sequence[End],
    *,
    against: Against,
    metric: str,
    leader: float | None,
    palette: Palette,
) -> Options:
    """Return the chart's options.

    Args:
        points: of the staircase.
        ends: of the trials.
        against: what lies on the horizontal axis.
        metric: of the objective.
        leader: the score of the trial that is ahead, drawn as a guide.
        palette: of the background.
    """
    sources: list[Options] = [_points(points, against)]
    series = [_stairs(palette, leader)]
    for status, text in STATUS_TEXT.items():
        those = [end for end in ends if end.status == status]
        if those:
            series.append(_dots(text, palette.status[status], dataset=len(sources)))
            sources.append(_ends(those, against))
    return {
        "dataset": [{"source": source} for source in sources],
        "grid": GRID,
        "animation": False,
        "legend": LEGEND,
        "tooltip": {"trigger": "item", "confine": True},
        "xAxis": axis(AXIS[against], min=0, minInterval=1 if against == "epochs" else 0),
        "yAxis": height(metric),
        "series": series,
    }


def _place(one: Point | End, against: Against) -> float:
    return one.epochs if against == "epochs" else one.seconds / 60


def _points(points: Sequence[Point], against: Against) -> Options:
    return {
        "x": [_place(point, against) for point in points],
        "best so far": [point.value for point in points],
    }


def _ends(ends: Sequence[End], against: Against) -> Options:
    return {
        "x": [_place(end, against) for end in ends],
        "score": [end.score for end in ends],
        "trial": [end.trial for end in ends],
    }


def _stairs(palette: Palette, leader: float | None) -> Options:
    stairs: dict[str, Any] = {
        "type": "line",
        "name": "best so far",
        "step": "end",
        "datasetIndex": 0,
        "encode": {"x": "x", "y": "best so far"},
        "showSymbol": False,
        "lineStyle": {"width": 2.5},
        "color": palette.best,
        "z": 3,
    }
    if leader is not None:
        label = {"formatter": f"ahead: {leader:.4f}", "position": "insideEndBottom"}
        stairs["markLine"] = guides([{"yAxis": leader, "label": label}], palette.guide)
    return stairs


def _dots(name: str, color: str, *, dataset: int) -> Options:
    return {
        "type": "scatter",
        "name": name,
        "datasetIndex": dataset,
        "encode": {"x": "x", "y": "score"},
        "symbolSize": 7,
        "color": color,
        "itemStyle": {"opacity": 0.75},
        "tooltip": {"formatter": f"trial {{@trial}}, {name}<br/>{{@score}}", "valueFormatter": "%.4f"},
    }

"""The staircase of the best value so far, with a point where each trial ended."""

from __future__ import annotations

from typing import Literal

import numpy as np

from dashboard.charts.axes import DENSE, GRID, LEGEND, NO_ENDS, Options, axis, guides, height
from dashboard.charts.palette import Palette
from dashboard.prepare.staircase import Ends, Staircase
from dashboard.prepare.states import STATUS_TEXT

Against = Literal["epochs", "minutes"]
AXIS: dict[Against, str] = {"epochs": "epochs trained by all trials", "minutes": "minutes since the start"}

BEST = "best so far"


def staircase_chart(
    stairs: Staircase,
    *,
    against: Against,
    metric: str,
    maximize: bool,
    leader: float | None,
    end: float | None,
    palette: Palette,
) -> Options:
    """Return the chart's options.

    Args:
        stairs: of the run.
        against: what lies on the horizontal axis.
        metric: of the objective.
        maximize: larger values are better.
        leader: the score of the trial that is ahead, drawn as a guide.
        end: of the vertical axis on the side of the worse values; None for all of them.
        palette: of the background.
    """
    ends_at = {} if end is None else {"min" if maximize else "max": end, "axisLabel": NO_ENDS}
    dots = [_dots(STATUS_TEXT[status], palette.status[status]) for status in stairs.ends]
    return {
        "dataset": [{"source": _columns(stairs, against)}],
        "grid": GRID,
        "animation": False,
        "legend": LEGEND,
        "tooltip": {"trigger": "item", "confine": True},
        "xAxis": axis(AXIS[against], min=0, minInterval=1 if against == "epochs" else 0),
        "yAxis": {**height(metric), **ends_at},
        "series": [_stairs(palette, leader), *dots],
    }


def _columns(stairs: Staircase, against: Against) -> Options:
    """Return all in one table: each table costs the server a millisecond or two with every redraw.

    The last place of the staircase stands there twice, once without a value: ECharts draws a step as far as the place
    of the next row, even if that row has none, and the next one is where some trial ended.
    """
    parts: list[Staircase | Ends] = [stairs, *stairs.ends.values()]
    steps, *points = (one.epochs if against == "epochs" else one.seconds / 60 for one in parts)
    steps = np.concatenate([steps, steps[-1:]])
    begin = len(steps)
    x = np.concatenate([steps, *points])
    trial = np.concatenate([np.full(begin, -1), *(ends.trial for ends in stairs.ends.values())])
    columns: Options = {"x": x.round(3), "trial": trial, BEST: np.full(len(x), np.nan)}
    columns[BEST][: len(stairs.value)] = stairs.value
    for status, ends in stairs.ends.items():
        column = np.full(len(x), np.nan)
        column[begin : begin + len(ends.score)] = ends.score
        columns[STATUS_TEXT[status]] = column
        begin += len(ends.score)
    return columns


def _stairs(palette: Palette, leader: float | None) -> Options:
    stairs: Options = {
        "type": "line",
        "name": BEST,
        "step": "end",
        "encode": {"x": "x", "y": BEST},
        "showSymbol": False,
        "lineStyle": {"width": 2.5},
        "color": palette.best,
        "z": 3,
    }
    if leader is not None:
        label = {"formatter": f"ahead: {leader:.4f}", "position": "insideEndTop"}
        stairs["markLine"] = guides([{"yAxis": leader, "label": label}], palette.guide)
    return stairs


def _dots(name: str, color: str) -> Options:
    return {
        "type": "scatter",
        "name": name,
        "encode": {"x": "x", "y": name},
        "symbolSize": 7,
        **DENSE,
        "color": color,
        "itemStyle": {"opacity": 0.75},
        "tooltip": {"formatter": f"trial {{@trial}}, {name}<br/>{{@{name}}}", "valueFormatter": "%.4f"},
    }

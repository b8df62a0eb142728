"""Learning curves: all trials faint, one bold, the rungs marked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dashboard.charts.axes import GRID, LEGEND, Options, axis, guides, height
from dashboard.charts.palette import Palette
from dashboard.prepare.curves import Line
from dashboard.prepare.states import STATUS_TEXT
from search.runs.record import Status

FAINT, FAINTEST = 0.45, 0.10
"""Opacity of a curve among few, and among many."""


def curves_chart(
    lines: Mapping[Status, Line],
    bold: Line,
    *,
    bold_name: str,
    rungs: Sequence[int],
    metric: str,
    epochs: int,
    trials: int,
    palette: Palette,
) -> Options:
    """Return the chart's options.

    Args:
        lines: of each status.
        bold: the curve to look at.
        bold_name: of it, in the legend.
        rungs: epochs at which trials were compared.
        metric: of the objective.
        epochs: of a full training.
        trials: how many there are; the more, the fainter each.
        palette: of the background.
    """
    drawn = [*lines.values(), bold]
    series = [
        _faint(STATUS_TEXT[status], palette.status[status], index, opacity(trials))
        for index, status in enumerate(lines)
    ]
    series.append(_bold(bold_name, palette, len(lines), rungs))
    return {
        "dataset": [{"source": {"epoch": line.epochs, "value": line.values}} for line in drawn],
        "grid": GRID,
        "legend": LEGEND,
        "tooltip": {"trigger": "axis", "confine": True, "valueFormatter": "%.4f"},
        "xAxis": axis("epoch", min=0, max=epochs, minInterval=1),
        "yAxis": height(metric),
        "series": series,
    }


def opacity(trials: int) -> float:
    """Return how opaque one of many curves is: some 40 lie well beside each other."""
    return max(FAINTEST, min(FAINT, FAINT * math.sqrt(40 / max(trials, 1))))


def _line(name: str, color: str, dataset: int) -> Options:
    return {
        "type": "line",
        "name": name,
        "datasetIndex": dataset,
        "encode": {"x": "epoch", "y": "value"},
        "connectNulls": False,
        "showSymbol": False,
        "animation": False,
        "color": color,
    }


def _faint(name: str, color: str, dataset: int, opaque: float) -> Options:
    return {
        **_line(name, color, dataset),
        "silent": True,
        "lineStyle": {"width": 1.2, "opacity": opaque},
        "tooltip": {"show": False},
    }


def _bold(name: str, palette: Palette, dataset: int, rungs: Sequence[int]) -> Options:
    marks: list[Options] = [
        {"xAxis": rung, "label": {"formatter": f"rung {rung}", "position": "end", "distance": 3}}
        for rung in rungs
    ]
    return {
        **_line(name, palette.best, dataset),
        "lineStyle": {"width": 3},
        "z": 4,
        "markLine": guides(marks, palette.guide),
    }

"""One metric against the epoch: of one trial, small, among others of its kind; or of some trials, overlaid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.charts.axes import LEGEND, Options, axis, guides, height
from dashboard.charts.chosen import mark
from dashboard.charts.palette import Palette

FEW = 40
"""Points up to which each has a dot: a curve of one epoch is no line."""

Curve = Mapping[int, float]


def scalar_chart(curve: Curve, *, color: str, epochs: int | None) -> Options:
    """Return the options of a small chart of one curve.

    Args:
        curve: the value by epoch.
        color: of the line.
        epochs: of a full training; None for as many as there are.
    """
    return {
        "dataset": [_source(curve)],
        "grid": {"left": 4, "right": 12, "top": 10, "bottom": 4, "containLabel": True},
        "tooltip": {"trigger": "axis", "confine": True, "valueFormatter": "%.5g"},
        "xAxis": {"type": "value", "min": 0, "minInterval": 1, **({"max": epochs} if epochs else {})},
        "yAxis": {"type": "value", "scale": True, "splitNumber": 3},
        "series": [{**_line("value", 0, len(curve)), "color": color}],
    }


def overlay_chart(
    curves: Mapping[int, Curve], *, metric: str, common: int | None, epochs: int | None, palette: Palette
) -> Options:
    """Return the options of a chart of several trials.

    Args:
        curves: the value by epoch, by number of the trial, in the order in which they were chosen.
        metric: that is drawn.
        common: the last epoch that all of them reached, which is marked.
        epochs: of a full training; None for as many as there are.
        palette: of the background.
    """
    series: list[Options] = []
    for index, (number, curve) in enumerate(curves.items()):
        drawn = mark(index, palette)
        line = {"width": 2.5, "type": drawn.dash}
        series.append(
            {**_line(f"trial {number}", index, len(curve)), "color": drawn.color, "lineStyle": line}
        )
    if common is not None and series:
        ends = max(epochs or 0, *(max(curve, default=0) for curve in curves.values()))
        label = {
            "formatter": f"epoch {common}: all are there",
            "position": "end",
            "distance": 3,
            "align": "left" if 2 * common < ends else "right",  # centered, it would leave the picture
        }
        series[0]["markLine"] = guides([{"xAxis": common, "label": label}], palette.guide)
    return {
        "dataset": [_source(curve) for curve in curves.values()],
        "grid": {"left": 8, "right": 24, "top": 52, "bottom": 30, "containLabel": True},
        "legend": LEGEND,
        "tooltip": {"trigger": "axis", "confine": True, "valueFormatter": "%.5g"},
        "xAxis": axis("epoch", min=0, minInterval=1, **({"max": epochs} if epochs else {})),
        "yAxis": height(metric),
        "series": series,
    }


def _source(curve: Curve) -> Options:
    steps: Sequence[int] = list(curve)
    return {"source": {"epoch": steps, "value": list(curve.values())}}


def _line(name: str, dataset: int, points: int) -> Options:
    return {
        "type": "line",
        "name": name,
        "datasetIndex": dataset,
        "encode": {"x": "epoch", "y": "value"},
        "showSymbol": points <= FEW,
        "symbolSize": 5,
        "connectNulls": False,
        "animation": False,
    }

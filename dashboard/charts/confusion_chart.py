"""A confusion matrix as a heat map: rows are the true classes, columns the predicted ones."""

from __future__ import annotations

from dashboard.charts.axes import Options
from dashboard.charts.palette import DARK, Palette
from dashboard.prepare.answers import Cells

RAMP = {True: ("#15202B", "#2A6F97", "#A9D6E5"), False: ("#FFFFFF", "#9ECAE1", "#08519C")}
"""From nothing to all, on dark and on light: lightness alone says it, so that every eye can read it."""

MOST_LABELED = 20
"""Classes up to which each cell has its number."""


def confusion_chart(found: Cells, *, unit: str, palette: Palette) -> Options:
    """Return the chart's options.

    Args:
        found: the cells.
        unit: of their values: ``images`` or ``% of the row``.
        palette: of the background.
    """
    dark = palette is DARK
    labeled = len(found.classes) <= MOST_LABELED
    series = {
        "type": "heatmap",
        "datasetIndex": 0,
        "encode": {"x": "predicted", "y": "true", "value": "shade"},
        "label": {"show": labeled, "formatter": "{@label}", "fontSize": 11},
        "itemStyle": {"borderWidth": 1, "borderColor": "rgba(128, 128, 128, 0.25)"},
        "emphasis": {"itemStyle": {"borderColor": palette.best, "borderWidth": 2}},
        "animation": False,
        "tooltip": {"formatter": f"{{@true}}, taken for {{@predicted}}<br/>{{@label}} {unit}"},
    }
    return {
        "dataset": [{"source": found.columns}],
        "grid": {"left": 8, "right": 12, "top": 8, "bottom": 28, "containLabel": True},
        "tooltip": {"trigger": "item", "confine": True},
        "xAxis": {**_axis(found, "predicted"), "nameGap": 32 if labeled else 30},
        "yAxis": {**_axis(found, "true"), "inverse": True, "nameGap": 6, "nameLocation": "start"},
        "visualMap": {
            "show": False,
            "min": 0,
            "max": 1,
            "dimension": 3,
            "inRange": {"color": list(RAMP[dark])},
        },
        "series": [series],
    }


def _axis(found: Cells, name: str) -> Options:
    label = {
        "interval": 0,
        "fontSize": 11,
        "rotate": 40 if name == "predicted" and len(found.classes) > 6 else 0,
    }
    return {
        "type": "category",
        "data": list(found.classes),
        "axisLabel": {**label, "width": 90, "overflow": "truncate"},
        "axisTick": {"show": False},
        **({"name": name, "nameLocation": "middle"} if name == "predicted" else {}),
    }

"""How chosen trials are told apart on a chart: by color, and by dashes where the colors are used up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dashboard.charts.palette import DARK, Palette

Dash = Literal["solid", "dashed", "dotted"]
DASHES: tuple[Dash, ...] = ("solid", "dashed", "dotted")

ON_LIGHT = ("#D55E00", "#009E73", "#7B3294", "#E69F00", "#0072B2", "#CC79A7", "#1A1A1A")
ON_DARK = ("#E69F00", "#00C08B", "#C9A0FF", "#F0E442", "#56B4E9", "#F29CC8", "#FFFFFF")
"""Of Okabe & Ito 2008 with a violet; each has a contrast of 3 to 1 or more, or is drawn bold."""


@dataclass(frozen=True)
class Mark:
    """Color and dashes of one chosen trial."""

    color: str
    dash: Dash


def mark(index: int, palette: Palette) -> Mark:
    """Return the mark of the trial that was chosen as number ``index``, from 0."""
    colors = ON_DARK if palette is DARK else ON_LIGHT
    return Mark(colors[index % len(colors)], DASHES[index // len(colors) % len(DASHES)])

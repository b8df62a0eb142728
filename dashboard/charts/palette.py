"""Colors that color-blind people tell apart (Okabe & Ito 2008, https://jfly.uni-koeln.de/color/), for both themes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from search.runs.record import Status


@dataclass(frozen=True)
class Palette:
    """The color of each role on one background."""

    best: str
    status: Mapping[Status, str]
    guide: str
    lost: str


LIGHT = Palette(
    best="#D55E00",
    status={
        "completed": "#0072B2",
        "stopped": "#8C8C8C",
        "running": "#009E73",
        "waiting": "#56B4E9",
        "failed": "#CC79A7",
    },
    guide="#6B6B6B",
    lost="#E69F00",
)
DARK = Palette(
    best="#E69F00",
    status={
        "completed": "#56B4E9",
        "stopped": "#8F959E",
        "running": "#009E73",
        "waiting": "#0072B2",
        "failed": "#CC79A7",
    },
    guide="#A0A6AD",
    lost="#D55E00",
)

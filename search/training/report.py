"""What one epoch says. No torch here, so that readers of reports start fast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Report:
    """The end of one epoch.

    ``step`` counts reports from 1 (one report an epoch, so step and epoch are equal today). ``metrics`` are
    named ``val/accuracy`` and the like; a value may be NaN. ``seconds`` is the time that this trial has
    spent in training so far, over all its stints, pauses left out. ``ended`` says why no epoch follows although the
    horizon is not reached, and ``skipped`` how many epochs are left out; empty and 0 where that is not so.
    """

    step: int
    epoch: int
    metrics: Mapping[str, float]
    seconds: float
    ended: str = ""
    skipped: int = 0

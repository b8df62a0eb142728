"""Learning curves of all trials: one line a status, its curves joined with gaps.

ECharts draws thousands of curves as one series quickly (2.0 s for 5,000 trials in Chromium) and as one series each
slowly.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboard.prepare.states import STATUS_TEXT
from search.runs.record import Status, TrialRecord


@dataclass(frozen=True)
class Line:
    """Points of one series; None is a gap: between two curves, and where a value is not finite."""

    epochs: list[int | None]
    values: list[float | None]


def joined(records: Iterable[TrialRecord]) -> Line:
    """Join the curves of trials, a gap after each."""
    line = Line([], [])
    for known in records:
        for step, value in known.values.items():
            line.epochs.append(step)
            line.values.append(value if math.isfinite(value) else None)
        line.epochs.append(None)
        line.values.append(None)
    return line


def by_status(records: Sequence[TrialRecord]) -> dict[Status, Line]:
    """Return a line for each status that has a curve, those that stopped early first, to lie below."""
    found: dict[Status, Line] = {}
    for status in sorted(STATUS_TEXT, key=lambda status: status != "stopped"):
        those = [known for known in records if known.status == status and known.values]
        if those:
            found[status] = joined(those)
    return found


def rungs(records: Iterable[TrialRecord]) -> list[int]:
    """Return the epochs at which trials were compared, in order."""
    return sorted({rung.rung for known in records for r in known.reports.values() for rung in r.rungs})

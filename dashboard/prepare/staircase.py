"""Best so far, against epochs spent and against time, and where each trial ended.

The study keeps a report's seconds of training, not its hour; that is found from the stint: counted back from its
end, or forward from its start while it lasts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from search.runs.ranking import Scoring
from search.runs.record import ENDED, Status, TrialRecord


@dataclass(frozen=True)
class Point:
    """After a report: seconds since the search began, epochs spent by all trials, the best value so far."""

    seconds: float
    epochs: int
    value: float


@dataclass(frozen=True)
class End:
    """Where a trial ended, on the same axes, with its score."""

    trial: int
    status: Status
    seconds: float
    epochs: int
    score: float


@dataclass(frozen=True)
class _Told:
    at: float
    trial: int
    step: int
    value: float


def staircase(records: Sequence[TrialRecord], scoring: Scoring) -> tuple[list[Point], list[End]]:
    """Return the steps of the best value at any epoch of any trial, and the ends of the trials.

    A step is where the best value changes; the last point is the last report.
    """
    told = sorted(
        (one for known in records for one in _told(known)), key=lambda one: (one.at, one.trial, one.step)
    )
    if not told:
        return [], []
    begin = min(stint.start for known in records for stint in known.stints)
    last = {known.number: known.step for known in records if known.status in ENDED}
    by_number = {known.number: known for known in records}
    points: list[Point] = []
    ends: list[End] = []
    best: float | None = None
    for spent, one in enumerate(told, start=1):
        seconds = one.at - begin
        if math.isfinite(one.value) and (best is None or scoring.better(one.value, best)):
            best = one.value
            points.append(Point(seconds, spent, best))
        score = scoring.score(by_number[one.trial].values)
        if last.get(one.trial) == one.step and score is not None:
            ends.append(End(one.trial, by_number[one.trial].status, seconds, spent, score))
    if best is not None and points[-1].epochs < len(told):
        points.append(Point(told[-1].at - begin, len(told), best))
    return points, ends


def _told(known: TrialRecord) -> Iterator[_Told]:
    """Yield a trial's reports with the time of each, in seconds since 1970."""
    before = 0.0
    for stint in known.stints:
        reports = [report for report in known.reports.values() if report.attempt == stint.attempt]
        if not reports:
            continue
        start = stint.start - before if stint.end is None else stint.end - reports[-1].seconds
        for report in reports:
            yield _Told(start + report.seconds, known.number, report.step, report.value)
        before = reports[-1].seconds

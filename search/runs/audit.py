"""How often early stopping is wrong: what became of the condemned trials that an `audit` let live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from search.runs.interval import wilson
from search.runs.ranking import Scoring
from search.runs.record import TrialRecord


@dataclass(frozen=True)
class Audit:
    """The control group of a search.

    ``let_live`` condemned trials went on at random, ``finished`` of them have reached the horizon, and
    ``false_stops`` of these ended better than every trial that was not condemned: to stop them would have cost the
    search its best. ``low`` and ``high`` are the 95 % interval (Wilson) of their share among the finished ones.
    """

    let_live: int
    finished: int
    false_stops: int
    low: float
    high: float


def audited(records: Sequence[TrialRecord], scoring: Scoring) -> Audit | None:
    """Return what the control group says of the scheduler; None where there is none.

    Args:
        records: all trials.
        scoring: of the objective.
    """
    control = [known for known in records if is_control(known)]
    if not control:
        return None
    finished = [known for known in control if known.status == "completed"]
    others = [known for known in records if known.status == "completed" and not is_control(known)]
    best = _best(others, scoring)
    false_stops = sum(_better(known, best, scoring) for known in finished)
    low, high = wilson(false_stops / len(finished), len(finished)) if finished else (0.0, 1.0)
    return Audit(len(control), len(finished), false_stops, low, high)


def is_control(known: TrialRecord) -> bool:
    """Tell whether a trial was condemned at a rung and let live."""
    return any(rung.audited for report in known.reports.values() for rung in report.rungs)


def _best(records: Sequence[TrialRecord], scoring: Scoring) -> float | None:
    scores = [score for score in (scoring.score(known.values) for known in records) if score is not None]
    return (max(scores) if scoring.maximize else min(scores)) if scores else None


def _better(known: TrialRecord, best: float | None, scoring: Scoring) -> bool:
    score = scoring.score(known.values)
    return score is not None and (best is None or scoring.better(score, best))

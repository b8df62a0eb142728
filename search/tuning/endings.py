"""How a trial ends, and when a search has failed too often to go on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence

from optuna.trial import TrialState

from search.runs.record import RecordedReport, TrialRecord
from search.tuning.answers import Decision

CRASHES = 3
"""A trial whose worker died that many times without a new epoch between has failed."""

FIRST_FAILURES = 5
"""The search stops when that many trials ended and all of them failed."""

FAILURES_IN_A_ROW = 10
"""The search stops when that many trials failed one after the other."""


def settled(
    known: TrialRecord, *, epochs: int, asked: str = "", blamed: Collection[str] = ()
) -> tuple[TrialState, str]:
    """Return the state that follows from a trial's record once its last stint has ended, and why.

    Args:
        known: the record; its last stint has an ending.
        epochs: of a full training.
        asked: why somebody asked to stop this trial, if so.
        blamed: nodes that crash whatever runs on them: no trial is to blame for a crash there.

    Returns:
        WAITING where it goes on later, else a state that is final.
    """
    last, stint = known.last, known.stints[-1]
    if last and not math.isfinite(last.value):
        return TrialState.FAIL, f"the objective became {last.value} at epoch {last.epoch}"
    if stint.ending == "failed":
        return TrialState.FAIL, stint.reason
    if last and last.epoch + last.skipped >= epochs:
        return TrialState.COMPLETE, ""
    if last and last.decision == Decision.STOP.value:
        return TrialState.PRUNED, asked or _lost(last)
    if _crashes(known, blamed) >= CRASHES:
        return TrialState.FAIL, f"the worker died {CRASHES} times without a new epoch between: {stint.reason}"
    return TrialState.WAITING, ""


def too_many_failures(endings: Sequence[str]) -> str:
    """Return why a search must stop, or nothing.

    Args:
        endings: of the trials in the order in which they ended: the reason of a failure, else nothing.
    """
    first = endings[:FIRST_FAILURES]
    if len(first) == FIRST_FAILURES and all(first):
        return f"the first {FIRST_FAILURES} trials failed: {grouped(first)}"
    last = endings[-FAILURES_IN_A_ROW:]
    if len(last) == FAILURES_IN_A_ROW and all(last):
        return f"{FAILURES_IN_A_ROW} trials in a row failed: {grouped(last)}"
    return ""


def grouped(reasons: Sequence[str]) -> str:
    """Return reasons with their counts, the most frequent first."""
    return "; ".join(f"{reason} ({count}×)" for reason, count in Counter(reasons).most_common())


def lost_place(known: TrialRecord, rung: int, *, places: int, standing: int) -> str:
    """Say why a trial that paused at a rung does not go on.

    Args:
        known: its record.
        rung: the epoch.
        places: how many of the best there could go on.
        standing: how many stand there.
    """
    value = known.last.value if known.last else math.nan
    if not places:
        return f"{value:.4g} at epoch {rung}: too few trials, {standing}, came there for one to go on"
    return f"{value:.4g} at epoch {rung}: not among the best {places} of {standing} there"


def _crashes(known: TrialRecord, blamed: Collection[str]) -> int:
    """Count the stints that ended in a crash since the last new epoch, those on nodes that are to blame left out."""
    reached = max((report.attempt for report in known.reports.values()), default=0)
    since = [stint for stint in known.stints if stint.attempt >= reached]
    return sum(stint.ending == "crashed" and stint.node not in blamed for stint in since)


def _lost(last: RecordedReport) -> str:
    """Say at which rung a trial was stopped, and by how much."""
    lost = next((rung for rung in last.rungs if not rung.keep), None)
    if lost is None or lost.cutoff is None:
        return ""
    return (
        f"{last.value:.4g} at epoch {lost.rung} misses the cut-off {lost.cutoff:.4g} "
        f"of {lost.standing} trials there"
    )

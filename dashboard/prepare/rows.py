"""The list of runs: a row a run, a column a property."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dashboard.prepare.states import State, state_of
from dashboard.shelf import Opened
from search.runs.run import Run


@dataclass(frozen=True)
class Row:
    """One run. ``progress`` and ``saved`` are percentages; ``start`` is None before the first trial."""

    name: str
    state: State
    metric: str = ""
    best: float | None = None
    trials: str = ""
    progress: int | None = None
    saved: int | None = None
    start: datetime | None = None
    reason: str = ""


def row(name: str, opened: Opened, *, driven: bool) -> Row:
    """Sum a run up in a row; a damaged one says why."""
    if opened.run is None:
        return Row(name, "damaged", reason=opened.reason)
    stands = opened.run.progress()
    full = stands.epochs_spent + stands.epochs_saved
    return Row(
        name=name,
        state=state_of(stands, driven=driven),
        metric=opened.run.plan.objective.metric,
        best=stands.best_score,
        trials=f"{stands.finished} of {stands.budget}",
        progress=min(percent(stands.finished, stands.budget) or 0, 100),
        saved=percent(stands.epochs_saved, full),
        start=first_start(opened.run),
    )


def percent(part: int, whole: int) -> int | None:
    """Return a share in whole percent, rounded; None of nothing."""
    return round(100 * part / whole) if whole else None


def first_start(run: Run) -> datetime | None:
    """Return when the first trial began."""
    starts = [stint.start for trial in run.trials for stint in trial.record.stints]
    return datetime.fromtimestamp(min(starts), UTC) if starts else None


def columns(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Return the rows as columns, without the reasons."""
    return {
        "run": [row.name for row in rows],
        "state": [row.state for row in rows],
        "best": [row.best for row in rows],
        "metric": [row.metric for row in rows],
        "progress": [row.progress for row in rows],
        "trials": [row.trials for row in rows],
        "saved": [row.saved for row in rows],
        "start": [row.start for row in rows],
    }

"""The list of runs: a row a run, a column a property."""

from __future__ import annotations

import pwd
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np

from dashboard.prepare.reports import Reports, reports_of
from dashboard.prepare.staircase import steps_of
from dashboard.prepare.states import State, run_state
from dashboard.shelf import Opened
from search.runs.layout import RunLayout
from search.runs.lease import origin_of
from search.runs.run import Run

SPARKS = 24
"""Points of a sparkline: some 5 pixels each."""

RowState = State | Literal["being read"]


@dataclass(frozen=True)
class Row:
    """One run. ``progress`` and ``saved`` are percentages; ``start`` is None before the first trial.

    ``owner`` is who drives it (host and process), else the owner of its files; ``spark`` is the best value so far at
    equal shares of all epochs spent. ``source`` is the program that wrote it; else the bucket that it is in, or the
    machine that a copy was ``fetched`` from, and when.
    """

    name: str
    state: RowState
    metric: str = ""
    best: float | None = None
    trials: str = ""
    budget: str = ""
    progress: int | None = None
    saved: int | None = None
    start: datetime | None = None
    owner: str = ""
    source: str = ""
    fetched: datetime | None = None
    spark: tuple[float, ...] = ()
    reason: str = ""


def row(name: str, opened: Opened, *, driven: bool, bucket: str = "") -> Row:
    """Sum a run up in a row; a damaged one says why.

    Args:
        name: of the search.
        opened: as it was read.
        driven: a living process drives it.
        bucket: its address, where it was not read on a disk.
    """
    if opened.run is None:
        return Row(name, "damaged", reason=opened.reason)
    run, stands = opened.run, opened.run.progress()
    origin = None if run.foreign else origin_of(run.layout)
    full = stands.epochs_spent + stands.epochs_saved
    return Row(
        name=name,
        state=run_state(run, driven=driven),
        metric=run.plan.objective.metric,
        best=stands.best_score,
        trials=f"{stands.finished:,} of {stands.budget:,}",
        budget=f"{stands.budget:,} × {stands.epochs:,} epochs",
        progress=min(percent(stands.finished, stands.budget) or 0, 100),
        saved=percent(stands.epochs_saved, full),
        start=first_start(run),
        owner=owner(run),
        source=bucket or (origin.known_at if origin else "TensorBoard logs" if run.foreign else "Winnow"),
        fetched=_moment(origin.at) if origin else None,
        spark=spark(reports_of(run), maximize=run.scoring.maximize),
    )


def percent(part: int, whole: int) -> int | None:
    """Return a share in whole percent, rounded; None of nothing."""
    return round(100 * part / whole) if whole else None


def first_start(run: Run) -> datetime | None:
    """Return when the first trial began."""
    starts = [stint.start for trial in run.trials for stint in trial.record.stints]
    return _moment(min(starts)) if starts else None


def _moment(at: float) -> datetime | None:
    with suppress(OverflowError, ValueError, OSError, TypeError):  # a damaged file may say any time
        return datetime.fromtimestamp(at, UTC)
    return None


def owner(run: Run) -> str:
    """Return who drives a run, as host and process, else the owner of its files; empty where nobody knows."""
    try:
        held = None if run.foreign else run.driver
    except OSError:
        held = None
    return f"{held.host}, process {held.process}" if held is not None else file_owner(run.layout)


def file_owner(layout: RunLayout) -> str:
    """Return the user who owns a run's folder: the name, or the number where it has none here."""
    try:
        user = layout.root.stat().st_uid
    except OSError:
        return ""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"


def spark(told: Reports, *, maximize: bool, points: int = SPARKS) -> tuple[float, ...]:
    """Return the best value so far at equal shares of all epochs spent; none before the first value.

    Args:
        told: all reports.
        maximize: larger values are better.
        points: how many, at most.
    """
    order = np.lexsort((told.step, told.trial, told.at))
    steps, best = steps_of(told.value[order], maximize=maximize)
    if not len(steps):
        return ()
    asked = np.unique(np.linspace(steps[0], len(order) - 1, points).round().astype(np.int64))
    return tuple(best[np.searchsorted(steps, asked, side="right") - 1].tolist())


def columns(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Return the rows as columns, without the reasons; where there are copies, what they are copies of comes first."""
    copies = any(row.fetched for row in rows)
    source: dict[str, list[Any]] = {"source": [row.source for row in rows]}
    return {
        "run": [row.name for row in rows],
        "state": [row.state for row in rows],
        **({**source, "fetched": [row.fetched for row in rows]} if copies else {}),
        "best": [row.best for row in rows],
        "spark": [list(row.spark) for row in rows],
        "metric": [row.metric for row in rows],
        "progress": [row.progress for row in rows],
        "trials": [row.trials for row in rows],
        "saved": [row.saved for row in rows],
        "start": [row.start for row in rows],
        "budget": [row.budget for row in rows],
        "owner": [row.owner for row in rows],
        **({} if copies else source),
    }

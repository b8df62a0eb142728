"""Epochs at which trials can be compared: like with like, a stopped trial beside a completed one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dashboard.prepare.filters import Filters, Mask
from dashboard.prepare.table import Floats, Table
from search.runs.run import Run

MOST_OFFERED = 60
"""More epochs than these are a long list to choose from."""

LEAST = 20
"""Of fewer trials an importance or a contour is mostly chance."""


@dataclass(frozen=True)
class Reached:
    """An epoch, and how many trials have a value there."""

    epoch: int
    trials: int


def counted(run: Run) -> Mask:
    """Return which trials (trials,) are compared: not those that another horizon's schedule trained."""
    return np.array(
        [not trial.record.aside and trial.status != "rejected" for trial in run.trials], dtype=np.bool_
    )


def offered(table: Table, rows: Mask) -> tuple[Reached, ...]:
    """Return the epochs to choose from, ascending; of very many, those where most trials end, and some between.

    Args:
        table: all trials.
        rows: (trials,) which of them count.
    """
    counts = np.isfinite(table.values[rows]).sum(axis=0)
    known = np.flatnonzero(counts)
    if len(known) > MOST_OFFERED:
        drops = (counts - np.append(counts[1:], 0))[known]
        ends = known[np.argsort(-drops, kind="stable")[: MOST_OFFERED // 2]]
        between = known[np.linspace(0, len(known) - 1, MOST_OFFERED // 2).astype(np.int64)]
        known = np.union1d(ends, between)
    return tuple(Reached(int(table.steps[place]), int(counts[place])) for place in known)


def widest(epochs: tuple[Reached, ...]) -> int | None:
    """Return the latest epoch that nearly all trials reached, 95 of 100 of the most; None of none."""
    return _latest(epochs, 0.95)


def telling(epochs: tuple[Reached, ...]) -> int | None:
    """Return the latest epoch that still has many trials: a third of the most, at least `LEAST`; None of none."""
    most = max((one.trials for one in epochs), default=0)
    return _latest(epochs, max(1 / 3, LEAST / max(most, LEAST)))


def _latest(epochs: tuple[Reached, ...], share: float) -> int | None:
    most = max((one.trials for one in epochs), default=0)
    return max((one.epoch for one in epochs if one.trials >= share * most), default=None)


def values_at(table: Table, epoch: int, rows: Mask) -> Floats:
    """Return the values (trials,) at an epoch, NaN where a trial has none or does not count."""
    return np.where(rows, table.at(epoch), np.nan)


def filtered_at(table: Table, epoch: int, rows: Mask, filters: str) -> Floats:
    """Return the values (trials,) at an epoch; NaN also for the trials that the filter, as text, keeps out."""
    return values_at(table, epoch, rows & Filters.parse(filters).mask(table))

"""All reports of a run by columns, with the time at which each was made.

The study keeps a report's seconds of training, not its hour; that is found from its stint: counted back from the
stint's end, or forward from its start while it lasts, and where it was cut off.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from search.runs.record import Stint, TrialRecord
from search.runs.run import Run

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CUT_OFF = ("crashed", "lost", "orphaned")
"""Endings that were noticed after the fact: an orphaned stint's end is written when the search is resumed."""


@dataclass(frozen=True, eq=False)
class Reports:
    """One report a row, by trial and step.

    ``trial``, ``step``, ``attempt`` (0 where not recorded), ``value`` (NaN where it is not finite), ``seconds`` of the
    trial's training so far and ``at``, the time in seconds since 1970; both are NaN where nothing says so. ``begin``
    is when the first stint started, NaN without any.
    """

    trial: Ints
    step: Ints
    attempt: Ints
    value: Floats
    seconds: Floats
    at: Floats
    begin: float = math.nan

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.trial)

    @property
    def last(self) -> npt.NDArray[np.bool_]:
        """Which are the last of their trial."""
        return np.append(self.trial[1:] != self.trial[:-1], True)[: len(self)]


def reports_of(run: Run) -> Reports:
    """Return all reports of a run."""
    return reports([trial.record for trial in run.trials])


def reports(records: Sequence[TrialRecord]) -> Reports:
    """Return all reports of all trials."""
    counts = [len(known.values) for known in records]
    trial = np.repeat(np.array([known.number for known in records], dtype=np.int64), counts)
    told = [known.reports.get(step) for known in records for step in known.values]
    value = _column([known.values.values() for known in records], len(trial))
    seconds = np.array([math.nan if one is None else one.seconds for one in told], dtype=np.float64)
    attempt = np.array([0 if one is None else one.attempt for one in told], dtype=np.int64)
    return Reports(
        trial=trial,
        step=_column([known.values.keys() for known in records], len(trial)).astype(np.int64),
        attempt=attempt,
        value=np.where(np.isfinite(value), value, np.nan),
        seconds=seconds,
        at=seconds + _offsets(trial, attempt, seconds, records),
        begin=min((stint.start for known in records for stint in known.stints), default=math.nan),
    )


def _column(parts: Sequence[object], size: int) -> Floats:
    return np.fromiter(itertools.chain.from_iterable(parts), np.float64, size)  # type: ignore[arg-type]


def _offsets(trial: Ints, attempt: Ints, seconds: Floats, records: Sequence[TrialRecord]) -> Floats:
    """Return what makes a time of a report's seconds of training: one number for each stint."""
    if not len(trial):
        return np.empty(0)
    firsts = np.flatnonzero(np.append(True, (np.diff(trial) != 0) | (np.diff(attempt) != 0)))
    lasts = np.append(firsts[1:], len(trial)) - 1
    stints = {(known.number, stint.attempt): stint for known in records for stint in known.stints}
    offsets = np.full(len(firsts), np.nan)
    before, owner = 0.0, -1
    ends = zip(trial[firsts].tolist(), attempt[firsts].tolist(), seconds[lasts].tolist(), strict=True)
    for group, (number, tried, reached) in enumerate(ends):
        before = before if number == owner else 0.0
        found = stints.get((number, tried))
        if found is not None:
            offsets[group] = _offset(found, before, reached)
        before, owner = reached, number
    return np.repeat(offsets, lasts - firsts + 1)


def _offset(stint: Stint, before: float, reached: float) -> float:
    if stint.end is None or stint.ending in CUT_OFF:
        return stint.start - before
    return stint.end - reached

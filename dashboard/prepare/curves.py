"""Learning curves of all trials: one line a status, its curves joined with gaps; percentiles; thinning.

ECharts draws thousands of curves as one series quickly (2.0 s for 5,000 trials in Chromium) and as one series each
slowly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from dashboard.prepare.reports import Floats, Ints, Reports
from dashboard.prepare.states import STATUS_TEXT
from search.runs.record import Status
from search.runs.run import Run

Against = Literal["epoch", "step", "trial time", "search time"]
AGAINST: tuple[Against, ...] = get_args(Against)
"""What may lie on the horizontal axis: times are minutes, since the trial began to train, or since the search began."""

MOST_POINTS = 300_000
"""On one chart. Chromium draws so many in about two seconds; 5,000 trials of 50 epochs have 250,000."""

PERCENTILES = (10, 25, 50, 75, 90)


@dataclass(frozen=True, eq=False)
class Line:
    """Points of one series; NaN is a gap between two curves. ``trial`` says whose a point is; -1 in a gap."""

    x: Floats
    y: Floats
    trial: Ints


@dataclass(frozen=True, eq=False)
class Bands:
    """Percentiles of a metric over the trials that have a value at a step, ``count`` of them.

    ``levels`` (5, S) are the 10th, 25th, 50th, 75th and 90th percentile at each of ``x`` (S,).
    """

    x: Floats
    levels: Floats
    count: Ints


def joined(x: Floats, values: Floats, trials: Ints) -> Line:
    """Join curves, a gap after each.

    Args:
        x: (n, S), the place of each value.
        values: (n, S); NaN where a trial has none, which is no gap: another trial may report at other steps.
        trials: (n,) their numbers.
    """
    shape = len(values), values.shape[1] + 1
    kept = np.zeros(shape, dtype=bool)
    kept[:, :-1] = np.isfinite(values) & np.isfinite(x)
    kept[:, -1] = kept.any(axis=1)
    flat_x, flat_y = np.full(shape, np.nan), np.full(shape, np.nan)
    flat_x[:, :-1], flat_y[:, :-1] = x, values
    whose = np.repeat(trials[:, None], shape[1], axis=1)
    whose[:, -1] = -1
    return Line(flat_x[kept], flat_y[kept], whose[kept])


def by_status(
    x: Floats,
    values: Floats,
    status: Sequence[Status],
    shown: npt.NDArray[np.bool_],
    *,
    most: int = MOST_POINTS,
) -> dict[Status, Line]:
    """Return a line for each status that has a curve, those that stopped early first, to lie below.

    Args:
        x: (S,) or (trials, S), the place of each value.
        values: (trials, S), NaN where there is none.
        status: of each trial.
        shown: (trials,) which are drawn.
        most: points in all; above them every curve is thinned alike.
    """
    x = np.broadcast_to(x, values.shape)
    drawn = shown & np.isfinite(values).any(axis=1)
    of = np.array(status, dtype=object)
    size = bucket(int(np.isfinite(values[drawn]).sum()), most)
    found: dict[Status, Line] = {}
    for one in sorted(STATUS_TEXT, key=lambda name: name != "stopped"):
        rows = np.flatnonzero(drawn & (of == one))
        if len(rows):
            found[one] = joined(x[rows], thinned(values[rows], size), rows)
    return found


def bucket(points: int, most: int) -> int:
    """Return into how many steps long pieces a curve is cut, of which two points stay; 1: nothing is left out."""
    return 1 if points <= most else -(-2 * points // most)


def thinned(values: Floats, size: int) -> Floats:
    """Leave out points so that curves keep their shape: of each piece the lowest and the highest stay, and the ends.

    Args:
        values: (n, S).
        size: of a piece, in steps.

    Returns:
        The same with NaN for what is left out.
    """
    if size <= 2:
        return values
    pad = -values.shape[1] % size
    pieces = np.pad(values, ((0, 0), (0, pad)), constant_values=np.nan).reshape(len(values), -1, size)
    known = np.isfinite(pieces)
    kept = np.zeros(pieces.shape, dtype=bool)
    for at in (
        np.where(known, pieces, np.inf).argmin(axis=2),
        np.where(known, pieces, -np.inf).argmax(axis=2),
    ):
        np.put_along_axis(kept, at[:, :, None], True, axis=2)
    kept = kept.reshape(len(values), -1)[:, : values.shape[1]] & np.isfinite(values)
    rows = np.flatnonzero(np.isfinite(values).any(axis=1))
    present = np.isfinite(values[rows])
    kept[rows, present.argmax(axis=1)] = True
    kept[rows, values.shape[1] - 1 - present[:, ::-1].argmax(axis=1)] = True
    return np.where(kept, values, np.nan)


def bands(x: Floats, values: Floats) -> Bands:
    """Return the percentiles of a metric by step, by linear interpolation (NumPy's default).

    Args:
        x: (S,) the steps.
        values: (n, S); NaN where a trial has none. A step without any value is left out.
    """
    ordered = np.sort(values, axis=0)  # NaN comes last
    count = np.isfinite(values).sum(axis=0)
    some = np.flatnonzero(count)
    place = (count[some] - 1) * np.array(PERCENTILES)[:, None] / 100
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, count[some] - 1)
    share = place - low
    levels = ordered[low, some] * (1 - share) + ordered[high, some] * share
    return Bands(np.asarray(x, dtype=np.float64)[some], levels, count[some])


def over_time(x: Floats, values: Floats, *, points: int = 120) -> tuple[Floats, Floats]:
    """Return what each trial had reached at the same moments: its last value then, from its first to its last one.

    Args:
        x: (n, S), when each value was measured, ascending in each row where it is known.
        values: (n, S); NaN where a trial has none.
        points: moments, equally far from each other, up to the last value of all.

    Returns:
        The moments (points,) and the values there (n, points), NaN before and after a trial.
    """
    known = np.isfinite(values) & np.isfinite(x)
    moments = np.linspace(0.0, x[known].max(initial=0.0), points)
    found = np.full((len(values), points), np.nan)
    for row, here in enumerate(known):
        at, measured = x[row][here], values[row][here]
        if len(at):
            last = np.searchsorted(at, moments, side="right") - 1
            lasts = (last >= 0) & (moments <= at[-1])
            found[row, lasts] = measured[last[lasts]]
    return moments, found


def close_up(values: Floats, *, maximize: bool, positive: bool = False) -> tuple[float | None, float]:
    """Return between which values to look at how the better half of the trials ended: from the median of the bests.

    Args:
        values: (n, S), NaN where there is none; at least one is there.
        maximize: higher is better.
        positive: no value of 0 and below can be shown.

    Returns:
        The lower and the upper end; None where the lower one cannot be shown.
    """
    best = np.fmax.reduce(values, axis=1) if maximize else np.fmin.reduce(values, axis=1)
    best = best[np.isfinite(best)]
    middle, end = float(np.median(best)), float(best.max() if maximize else best.min())
    # Values that are equal but for rounding are equal.
    room = 0.05 * abs(end - middle) if not math.isclose(end, middle, rel_tol=1e-6) else 0.01 * abs(end) or 1.0
    low, high = min(middle, end) - room, max(middle, end) + room
    unit = 10.0 ** math.floor(math.log10(high - low) - 1)  # short labels, at most a tenth more on each side
    low, high = math.floor(low / unit) * unit, math.ceil(high / unit) * unit
    return None if positive and low <= 0 else low, high


def times(told: Reports, trials: int, steps: Ints, *, since: Literal["trial", "search"]) -> Floats:
    """Return when each trial made each step, in minutes (trials, S); NaN where nothing says so.

    Args:
        told: all reports.
        trials: how many there are.
        steps: (S,) ascending.
        since: the trial began, pauses left out, or the search began.
    """
    made = np.full((trials, len(steps)), np.nan)
    if not len(steps):
        return made
    columns = np.minimum(np.searchsorted(steps, told.step), len(steps) - 1)
    there = steps[columns] == told.step
    seconds = told.seconds if since == "trial" else told.at - told.begin
    made[told.trial[there], columns[there]] = seconds[there] / 60
    return made


def rungs_of(run: Run) -> tuple[int, ...]:
    """Return the epochs at which trials were compared, ascending."""
    reports = (report for trial in run.trials for report in trial.record.reports.values())
    return tuple(sorted({rung.rung for report in reports for rung in report.rungs}))

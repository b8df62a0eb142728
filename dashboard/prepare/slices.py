"""Slices: the value at one epoch against one parameter, a point for each trial, by how the trial ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from dashboard.prepare.contour import usable
from dashboard.prepare.effects import BINS, Codes, Effect, cut, effect
from dashboard.prepare.filters import Mask
from dashboard.prepare.states import STATUS_TEXT
from dashboard.prepare.table import Floats, Parameter, Table
from search.runs.record import Status

JITTER = 0.28
"""Half of the room, in categories, over which the trials of one choice are spread."""

FENCE = 3.0
"""Values further than this many interquartile ranges from the middle half are far out (Tukey 1977, Exploratory Data
Analysis, ch. 2): they would press all others into a line."""


@dataclass(frozen=True)
class Slice:
    """One parameter: ``points`` of each status with the columns x, value and trial, and the mean of each group.

    ``x`` is the parameter's value; of a choice its place among ``labels``, spread a little. ``middles`` (groups,) are
    where the groups of ``effect`` lie. ``unused`` trials do not use the parameter.
    """

    parameter: Parameter
    points: Mapping[Status, pd.DataFrame]
    labels: tuple[str, ...]
    effect: Effect
    middles: Floats
    unused: int


@dataclass(frozen=True)
class Limits:
    """The range of values that an axis shows, and how many of them lie outside."""

    low: float
    high: float
    outside: int


def limits(values: Floats) -> Limits:
    """Return the range in which values lie, without those that are far out.

    Args:
        values: (trials,) with NaN where there is none.
    """
    known = values[np.isfinite(values)]
    if not len(known):
        return Limits(0.0, 1.0, 0)
    first, third = np.quantile(known, [0.25, 0.75])
    room = FENCE * (third - first) or np.inf
    inside = known[(known >= first - room) & (known <= third + room)]
    low, high = float(inside.min()), float(inside.max())
    margin = 0.04 * (high - low) or 0.04 * max(abs(high), 1e-3)
    return Limits(low - margin, high + margin, len(known) - len(inside))


def slice_of(table: Table, values: Floats, name: str) -> Slice | None:
    """Return the slice along a parameter; None where no trial has it and a value.

    Args:
        table: all trials.
        values: (trials,) at one epoch, NaN where a trial does not count.
        name: of the parameter.

    Raises:
        KeyError: there is no such parameter.
    """
    parameter = table.parameter(name)
    column = table.points[name].to_numpy()
    known = np.isfinite(values) & usable(parameter, table)
    if not known.any():
        return None
    seen = np.where(known, values, np.nan)
    groups = cut(parameter, column, seen, bins=BINS)
    present = np.unique(groups.codes[groups.codes >= 0])
    if parameter.kind == "choice":
        places, middles = groups.codes + _spread(len(table)), present.astype(np.float64)
    else:
        places = np.asarray(column, dtype=np.float64)
        middles = _middles(places, groups.codes, present, log=parameter.log)
    return Slice(
        parameter,
        _by_status(table, known, places, values),
        groups.labels if parameter.kind == "choice" else (),
        effect(name, groups, seen),
        middles,
        unused=int(np.isfinite(values).sum() - known.sum()),
    )


def _by_status(table: Table, known: Mask, places: Floats, values: Floats) -> dict[Status, pd.DataFrame]:
    status = table.facts["status"].to_numpy()
    found = {}
    for one in STATUS_TEXT:
        rows = known & (status == one)
        if rows.any():
            columns = {"x": places[rows], "value": values[rows], "trial": np.flatnonzero(rows)}
            found[one] = pd.DataFrame(columns)
    return found


def _middles(numbers: Floats, codes: Codes, present: Codes, *, log: bool) -> Floats:
    """Return the mean place of each group, on the logarithm where the axis is one."""
    placed = np.log(np.where(codes >= 0, numbers, 1.0)) if log else np.where(codes >= 0, numbers, 0.0)
    found: Floats = np.array([placed[codes == code].mean() for code in present], dtype=np.float64)
    return np.asarray(np.exp(found) if log else found, dtype=np.float64)


def _spread(trials: int) -> Floats:
    """Return a shift (trials,) that a trial always has: the golden ratio spreads consecutive numbers evenly."""
    golden = (np.arange(trials) * 0.6180339887498949) % 1
    return np.asarray(JITTER * (2 * golden - 1), dtype=np.float64)

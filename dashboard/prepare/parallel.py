"""Parallel coordinates: which axes in which order, what lies on them, and what their brushes say as a filter.

The order travels in the URL as `axes=learning_rate,-dropout,score`: a name after `-` has its axis upside down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from dashboard.prepare.filters import FACTS, Choice, Filters, Range
from dashboard.prepare.slices import limits
from dashboard.prepare.table import Floats, Kind, Table

DEFAULT_FACTS = ("score",)
"""Axes that are shown beside the parameters where the URL says nothing."""

WORSE_TAIL = 0.1
"""This share of the scores, the worst, has one color: early, hopeless trials would use up the whole range."""

MOST_BRUSHES = 100
"""More cannot come from our canvas."""


@dataclass(frozen=True)
class Axis:
    """One axis: a parameter, or a fact of the trial.

    ``flip``: its low end is at the top. ``whole``: its values are whole numbers, and so are its ticks.
    """

    name: str
    title: str
    kind: Kind
    log: bool
    low: float
    high: float
    choices: tuple[str, ...] = ()
    flip: bool = False
    whole: bool = False


def known_axes(table: Table) -> dict[str, Axis]:
    """Return all axes that a table offers: its parameters, then score, epochs and seconds.

    A number's axis spans its range in the space, and what was tried outside of it. Scores that are far out lie at
    the end of their axis.
    """
    found = {}
    for one in table.parameters:
        low, high = (
            _ends(table.points[one.name].to_numpy(), one.low, one.high) if one.kind == "number" else (0, 1)
        )
        log = one.log and low > 0
        found[one.name] = Axis(one.name, one.name, one.kind, log, low, high, one.choices, whole=one.whole)
    for name in FACTS:
        if name not in found:
            found[name] = _fact(table, name)
    return found


def _fact(table: Table, name: str) -> Axis:
    column = table.facts[name].to_numpy(dtype=np.float64)
    if name == "score":
        shown = limits(column)
        low, high = _ends(column[(column >= shown.low) & (column <= shown.high)])
        return Axis(name, table.metric, "number", False, low, high)
    low, high = _ends(column)
    return Axis(name, name, "number", False, low, high, whole=name == "epochs")


def _ends(column: Floats, low: float = np.nan, high: float = np.nan) -> tuple[float, float]:
    """Return the lowest and the highest of values and bounds; never equal."""
    known = np.append(column[np.isfinite(column)], [end for end in (low, high) if np.isfinite(end)])
    if not len(known):
        return 0.0, 1.0
    first, last = float(known.min()), float(known.max())
    return (first, last) if first < last else (first - 0.5, last + 0.5)


def arranged(known: Mapping[str, Axis], text: str) -> tuple[Axis, ...]:
    """Return the axes that the URL asks for, in its order; without an order all parameters and the score.

    Names that the run does not have, and repetitions, are left out.
    """
    found: dict[str, Axis] = {}
    for part in text.split(",") if text else ():
        name = unquote(part.removeprefix("-"))
        if name in known and name not in found:
            found[name] = Axis(**{**vars(known[name]), "flip": part.startswith("-")})
    if found:
        return tuple(found.values())
    return tuple(axis for name, axis in known.items() if name in DEFAULT_FACTS or name not in FACTS)


def arrangement(known: Mapping[str, Axis], wanted: Sequence[tuple[str, bool]]) -> str:
    """Return axes, each with its flip, as the URL says them; empty where that is what is shown without.

    Args:
        known: all axes.
        wanted: names, and whether each is upside down.
    """
    chosen = [(name, flip) for name, flip in wanted if name in known]
    usual = [(axis.name, axis.flip) for axis in arranged(known, "")]
    if chosen == usual:
        return ""
    # A name that begins with a hyphen would read as flipped.
    quoted = [(quote(name, safe="").replace("-", "%2D"), flip) for name, flip in chosen]
    return ",".join(f"-{name}" if flip else name for name, flip in quoted)


def order(told: object) -> list[tuple[str, bool]]:
    """Return names and flips as the canvas tells them; what cannot be read is left out."""
    pairs = told if isinstance(told, list) else []
    return [(str(pair[0]), bool(pair[1])) for pair in pairs if isinstance(pair, list) and len(pair) == 2]


def columns(table: Table, axes: Sequence[Axis], kept: str) -> pa.Table:
    """Return what the canvas draws: a float32 column an axis, and `color` from 0, the worst, to 1, the best.

    Choices are their numbers. NaN: not used, or no value; a color of NaN: no score. Rejected trials, which never
    trained, are left out; trials that are hidden for another reason than a brush have `shown` 0.

    Args:
        table: all trials.
        axes: that are shown.
        kept: the conditions that are not on one of the axes, as a line.
    """
    rows = Filters.parse(kept).mask(table)
    trained = (table.facts["status"] != "rejected").to_numpy()
    made = {str(place): _column(table, axis)[trained] for place, axis in enumerate(axes)}
    made["color"] = colors(table)[trained]
    made["shown"] = rows[trained].astype(np.uint8)
    # Order of drawing: the best lie on top.
    drawn = np.argsort(np.nan_to_num(made["color"], nan=-1.0), kind="stable")
    # Not from pandas: NaN stays NaN instead of a null, whose place in the buffer may hold anything.
    return pa.table({name: pa.array(column[drawn]) for name, column in made.items()})


def _column(table: Table, axis: Axis) -> np.ndarray[Any, np.dtype[np.float32]]:
    source = table.points if axis.name in table.points else table.facts
    column = source[axis.name]
    if axis.kind == "number":
        return np.asarray(column.to_numpy(), dtype=np.float32)
    codes = {choice: float(place) for place, choice in enumerate(axis.choices)}
    return np.asarray(column.map(codes).to_numpy(), dtype=np.float32)


def colors(table: Table) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return the score of each trial (trials,) between the ends of the legend: 0 the worst, 1 the best."""
    low, high = legend(table)
    scores = table.facts["score"].to_numpy(dtype=np.float64)
    worst, best = (low, high) if table.maximize else (high, low)
    return np.asarray(np.clip((scores - worst) / (best - worst), 0, 1), dtype=np.float32)


def legend(table: Table) -> tuple[float, float]:
    """Return the lowest and the highest score that have colors of their own."""
    scores = table.facts["score"].to_numpy(dtype=np.float64)
    scores = scores[np.isfinite(scores)]
    if not len(scores):
        return 0.0, 1.0
    ends = (WORSE_TAIL, 1.0) if table.maximize else (0.0, 1 - WORSE_TAIL)
    low, high = np.quantile(scores, ends)
    return (float(low), float(high)) if low < high else (float(low) - 0.5, float(high) + 0.5)


def brushes(axes: Sequence[Axis], filters: Filters) -> dict[str, list[Any]]:
    """Return the conditions that are on an axis as its brush: choices, or two ends with None where it is open."""
    found: dict[str, list[Any]] = {}
    kinds = {axis.name: axis.kind for axis in axes}
    for name, condition in filters:
        if isinstance(condition, Choice) and kinds.get(name) == "choice":
            found[name] = list(condition.values)
        elif isinstance(condition, Range) and kinds.get(name) == "number":
            found[name] = [end if np.isfinite(end) else None for end in (condition.low, condition.high)]
    return found


def elsewhere(axes: Sequence[Axis], filters: Filters) -> Filters:
    """Return the conditions that no brush shows."""
    shown = brushes(axes, filters)
    return Filters({name: condition for name, condition in filters if name not in shown})


def brushed(known: Mapping[str, Axis], kept: Filters, told: object) -> Filters:
    """Return a filter from brushes, which come from a browser: what cannot be read is left out.

    Args:
        known: all axes.
        kept: conditions that no brush shows.
        told: by the canvas, as `brushes` returns them.
    """
    found = kept
    for name, ends in list(told.items() if isinstance(told, dict) else ())[:MOST_BRUSHES]:
        axis = known.get(name)
        if axis is None or not isinstance(ends, list):
            continue
        if axis.kind == "choice":
            chosen = tuple(choice for choice in axis.choices if choice in ends)
            found = found.with_choice(name, chosen) if chosen else found
        elif len(ends) == 2 and all(end is None or isinstance(end, int | float) for end in ends):
            low, high = ends
            found = found.with_range(
                name, -np.inf if low is None else float(low), np.inf if high is None else float(high)
            )
    return found

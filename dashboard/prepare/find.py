"""Finding trials by typing: words that occur in a row, and conditions such as `learning_rate < 0.01`."""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from dashboard.prepare.filters import Mask
from dashboard.prepare.states import STATUS_TEXT
from dashboard.prepare.table import Table

CONDITION = re.compile(r"^(?P<name>[^<>=!]+?)\s*(?P<sign><=|>=|!=|==|=|<|>)\s*(?P<value>.+)$")
SEPARATOR = re.compile(r",|\s+and\s+", re.IGNORECASE)

SIGNS: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}

NUMBERS = ("trial", "place", "score", "best", "best_epoch", "epochs", "seconds")
TEXTS = ("status", "origin", "reason")

LONGEST = 500
"""Characters of a text that are read."""


@dataclass(frozen=True)
class Found:
    """Which trials (trials,) match, and what of the text could not be understood."""

    rows: Mask
    mistakes: tuple[str, ...] = ()


def find(table: Table, text: str) -> Found:
    """Return the trials that match every part of a text; parts are separated by commas or `and`.

    A part is a condition on a parameter or a fact, or text that occurs in the number, the status, the origin, the
    reason or a choice of a trial; case does not matter. A missing value fulfills no condition.

    Args:
        table: all trials.
        text: as typed.
    """
    rows = np.ones(len(table), dtype=np.bool_)
    mistakes: list[str] = []
    for part in filter(None, (one.strip() for one in SEPARATOR.split(text[:LONGEST]))):
        condition = CONDITION.match(part)
        try:
            rows &= _holds(table, **condition.groupdict()) if condition else _occurs(table, part)
        except ValueError as error:
            mistakes.append(str(error))
    return Found(rows, tuple(mistakes))


def _holds(table: Table, name: str, sign: str, value: str) -> Mask:
    column, numeric = _column(table, name.strip())
    value = value.strip().strip("\"'")
    if not numeric:
        if sign not in ("=", "==", "!="):
            raise ValueError(f"{name} is text: = or != is expected, but got {sign}")
        same = (column.str.casefold() == value.casefold()).fillna(value=False).to_numpy(dtype=np.bool_)
        return np.asarray(same if sign != "!=" else ~same & column.notna().to_numpy(), dtype=np.bool_)
    try:
        number = float(value)
    except ValueError:
        raise ValueError(f"{name} {sign}: a number is expected, but got {value!r}") from None
    numbers = column.to_numpy(dtype=np.float64)
    if sign in ("=", "==", "!="):
        same = np.isclose(numbers, number, rtol=1e-9, atol=0.0)
        return np.asarray(same if sign != "!=" else ~same & np.isfinite(numbers), dtype=np.bool_)
    return np.asarray(SIGNS[sign](numbers, number), dtype=np.bool_)


def _column(table: Table, name: str) -> tuple[pd.Series, bool]:
    """Return a column by name, and whether it holds numbers; a parameter goes before a fact of the same name."""
    parameters = {one.name.casefold(): one for one in table.parameters}
    facts = {one.casefold(): one for one in (*NUMBERS, *TEXTS)}
    facts[table.metric.casefold()] = "score"
    key = name.casefold()
    if key in parameters:
        return table.points[parameters[key].name], parameters[key].kind == "number"
    if key in facts:
        found = table.facts[facts[key]]
        return (found.map(STATUS_TEXT) if key == "status" else found), facts[key] in NUMBERS
    near = difflib.get_close_matches(key, [*parameters, *facts], n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise ValueError(f"there is no column {name!r}{hint}")


def _occurs(table: Table, part: str) -> Mask:
    wanted = part.casefold()
    columns = [table.facts["status"].map(STATUS_TEXT), table.facts["origin"], table.facts["reason"]]
    columns += [table.points[one.name] for one in table.parameters if one.kind == "choice"]
    found = table.facts["trial"].astype(str).to_numpy() == wanted.removeprefix("trial").strip()
    for column in columns:
        found |= _contains(column, wanted)
    return np.asarray(found, dtype=np.bool_)


def _contains(column: pd.Series, wanted: str) -> Mask:
    """Look each distinct text up once: 5,000 trials have few."""
    codes, texts = pd.factorize(column)
    hits = np.array([wanted in str(text).casefold() for text in texts] + [False], dtype=np.bool_)
    return np.asarray(hits[codes], dtype=np.bool_)

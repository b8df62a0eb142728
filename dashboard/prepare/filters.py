"""Which trials a view shows: conditions on parameters, score, epochs, seconds and status, written in one line.

`learning_rate:0.001..0.1,optimizer:adam|sgd` keeps the trials with a learning rate in that range and one of those two
optimizers. An open end is left out: `score:0.9..`. In names and choices `%`, `,`, `:` and `|` are percent-encoded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

import numpy as np
import numpy.typing as npt

from dashboard.prepare.table import Table

Mask = npt.NDArray[np.bool_]

FACTS = ("score", "epochs", "seconds")
"""Columns of the facts that a range can be about; `status` takes choices."""

MOST = 100
"""Conditions in one line; a URL with more is cut off."""


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, both included; infinite where an end is open."""

    low: float = -math.inf
    high: float = math.inf

    def __str__(self) -> str:
        return f"{_end(self.low, -math.inf)}..{_end(self.high, math.inf)}"


@dataclass(frozen=True)
class Choice:
    """One of these values, as text."""

    values: tuple[str, ...]

    def __str__(self) -> str:
        return "|".join(_quoted(value) for value in self.values)


Condition = Range | Choice


@dataclass(frozen=True)
class Filters:
    """Conditions by name, all of which must hold; none lets every trial through."""

    conditions: Mapping[str, Condition] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Filters:
        """Read a line; what cannot be read is left out: a view from a newer version still opens."""
        read = (_condition(part) for part in text.split(",")[:MOST])
        return cls(dict(filter(None, read)))

    def __str__(self) -> str:
        return ",".join(f"{_quoted(name)}:{condition}" for name, condition in self.conditions.items())

    def __bool__(self) -> bool:
        return bool(self.conditions)

    def __iter__(self) -> Iterator[tuple[str, Condition]]:
        return iter(self.conditions.items())

    def with_range(self, name: str, low: float, high: float) -> Filters:
        """Return these with a range for a name, in the place of what it had."""
        return Filters({**self.conditions, name: Range(low, high)})

    def with_choice(self, name: str, values: tuple[str, ...]) -> Filters:
        """Return these with a choice for a name, in the place of what it had."""
        return Filters({**self.conditions, name: Choice(values)})

    def without(self, name: str) -> Filters:
        """Return these without the condition on a name."""
        return Filters({other: condition for other, condition in self if other != name})

    def mask(self, table: Table) -> Mask:
        """Return which trials (trials,) are let through; a condition on a name that the table lacks holds for none."""
        let = np.ones(len(table), dtype=np.bool_)
        for name, condition in self:
            let &= _holds(table, name, condition)
        return let


def _holds(table: Table, name: str, condition: Condition) -> Mask:
    column = table.points.get(name)
    if column is None:
        column = table.facts.get(name) if name in (*FACTS, "status") else None
    if column is None:
        return np.zeros(len(table), dtype=np.bool_)
    if isinstance(condition, Choice):
        chosen: Mask = column.isin(condition.values).to_numpy(dtype=np.bool_)
        return chosen
    numbers = column.to_numpy()
    if numbers.dtype.kind not in "fi":
        return np.zeros(len(table), dtype=np.bool_)
    inside: Mask = (numbers >= condition.low) & (numbers <= condition.high)
    return inside


def _condition(part: str) -> tuple[str, Condition] | None:
    name, colon, text = part.partition(":")
    if not colon or not name:
        return None
    low, dots, high = text.partition("..")
    if dots:
        try:
            ends = float(low or "-inf"), float(high or "inf")
        except ValueError:
            return None
        return None if any(map(math.isnan, ends)) else (unquote(name), Range(*ends))
    values = tuple(unquote(value) for value in text.split("|") if value)
    return (unquote(name), Choice(values)) if values else None


def _end(value: float, open_end: float) -> str:
    return "" if value == open_end else repr(value)


def _quoted(text: str) -> str:
    """Return a text without the signs that separate, and without the two dots that make a range."""
    return quote(text, safe=" /+-_@=<>()[]{}!?*'\"$&;#~^").replace("..", "%2E%2E")

"""The unit cube of a space: every point as a row of numbers from 0 to 1, and back.

A parameter is one column. NaN says that the parameter is inactive there. Canonical rows are those that stand for a
point: whole numbers, steps and choices have rows of their own, so that equal points have equal rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from search.plan.domain import Choice, Domain, Fixed, Float, Int, among
from search.plan.parameter import Parameter
from search.plan.space import Space
from search.plan.trial_config import Value

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Cube:
    """The cube of a space. Columns are the parameters that leave a choice, in the space's order."""

    space: Space
    columns: tuple[Parameter, ...] = field(init=False)

    def __post_init__(self) -> None:
        free = tuple(p for p in self.space.parameters if p.domain.size() > 1)
        object.__setattr__(self, "columns", free)

    @property
    def choices(self) -> NDArray[np.bool_]:
        """Tell of each column whether its values have no order, shape [columns]."""
        return np.array([isinstance(p.domain, Choice) for p in self.columns], dtype=bool)

    def row(self, point: Mapping[str, Value]) -> Rows:
        """Return a point's row, shape [columns]; NaN also where a value lies outside its domain."""
        return np.array(
            [_share(p.domain, point[p.name]) if p.name in point else np.nan for p in self.columns]
        )

    def point(self, row: Rows) -> dict[str, Value]:
        """Return the complete point of a canonical row."""
        shares = {parameter.name: float(row[index]) for index, parameter in enumerate(self.columns)}
        # What has no column has one value, anywhere.
        return self.space.walk(lambda name, domain: _value(domain, shares.get(name, 0.5)))

    def canonical(self, rows: Rows) -> Rows:
        """Return the canonical rows nearest to any rows, shape [n, columns]; inactive parameters become NaN."""
        found = np.clip(rows, 0.0, 1.0)
        for index, parameter in enumerate(self.columns):
            found[:, index] = _canonical(parameter.domain, found[:, index])
        for index, active in enumerate(self._activity(found)):
            found[~active, index] = np.nan
        return found

    def draw(self, rng: np.random.Generator, count: int) -> Rows:
        """Draw canonical rows, each active parameter on its own, shape [count, columns]."""
        return self.canonical(rng.random((count, len(self.columns))))

    def _activity(self, rows: Rows) -> list[NDArray[np.bool_]]:
        """Return for each column which rows have it active."""
        column = {parameter.name: index for index, parameter in enumerate(self.columns)}
        active: dict[str, NDArray[np.bool_]] = {}
        for parameter in self.space.parameters:
            holds = np.ones(len(rows), dtype=bool)
            for parent, values in parameter.when.items():
                holds &= active[parent]
                # Another parent has one value, and a space has no condition that can never hold.
                if parent in column:
                    holds &= _is_among(self.space[parent].domain, rows[:, column[parent]], values)
            active[parameter.name] = holds
        return [active[parameter.name] for parameter in self.columns]


def _is_among(domain: Domain, shares: Rows, values: tuple[Value, ...]) -> NDArray[np.bool_]:
    wanted = np.array([_share(domain, value) for value in values])
    found: NDArray[np.bool_] = np.isclose(shares[:, None], wanted, rtol=0, atol=1e-9).any(axis=1)
    return found


def _cells(domain: Domain) -> int | None:
    """Return into how many equal cells a column falls; None where it is continuous or logarithmic."""
    if isinstance(domain, Float) and domain.step is None:
        return None
    return None if isinstance(domain, Int) and domain.log else int(domain.size())


def _log_ends(domain: Float | Int) -> tuple[float, float]:
    # Half a unit wider for whole numbers, so that the ends get their whole share, as `Int.sample` draws.
    slack = 0.5 if isinstance(domain, Int) else 0.0
    return math.log(domain.low - slack), math.log(domain.high + slack)


def _share(domain: Domain, value: Value) -> float:
    """Return where in 0 to 1 a value lies; NaN where it lies outside the domain."""
    if not domain.contains(value) or isinstance(domain, Fixed):
        return math.nan
    if isinstance(domain, Choice):
        at = next(index for index, option in enumerate(domain.options) if among(value, (option,)))
        return (at + 0.5) / len(domain.options)
    assert isinstance(value, int | float)
    if domain.log:
        low, high = _log_ends(domain)
        return (math.log(value) - low) / (high - low)
    cells = _cells(domain)
    if cells is None:
        return (value - domain.low) / (domain.high - domain.low)
    return (round((value - domain.low) / (domain.step or 1)) + 0.5) / cells


def _value(domain: Domain, share: float) -> Value:
    """Return the value at a share."""
    assert not isinstance(domain, Fixed)
    cells = _cells(domain)
    if cells is not None:
        cell = min(int(share * cells), cells - 1)
        if isinstance(domain, Choice):
            return domain.options[cell]
        if isinstance(domain, Int):
            return domain.low + cell * (domain.step or 1)
        return domain.nearest(domain.low + cell * (domain.step or 0.0))
    assert not isinstance(domain, Choice)
    if not domain.log:
        # 0.07 + (0.92 - 0.07) is above 0.92.
        return min(max(domain.low + share * (domain.high - domain.low), domain.low), domain.high)
    low, high = _log_ends(domain)
    value = min(max(math.exp(low + share * (high - low)), domain.low), domain.high)
    return round(value) if isinstance(domain, Int) else value


def _canonical(domain: Domain, shares: Rows) -> Rows:
    cells = _cells(domain)
    if cells is not None:
        return (np.minimum(np.floor(shares * cells), cells - 1) + 0.5) / cells
    if not isinstance(domain, Int):
        return shares
    low, high = _log_ends(domain)
    values = np.clip(np.round(np.exp(low + shares * (high - low))), domain.low, domain.high)
    found: Rows = (np.log(values) - low) / (high - low)
    return found

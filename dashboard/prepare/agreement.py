"""By how much the order of trials at one epoch agrees with that at a later one: rank correlations with intervals.

Spearman's coefficient is Pearson's of the ranks, Kendall's is tau-b; ties share their ranks. The intervals are those
of Bonett & Wright 2000 (https://doi.org/10.1007/BF02294183): Fisher's z with a variance of (1 + r²/2) / (n - 3) for
Spearman's and of 0.437 / (n - 4) for Kendall's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from dashboard.prepare.reports import Floats, Ints
from dashboard.prepare.table import Table
from search.runs.interval import Z95

FEWEST = 5
"""Trials, for an interval: Kendall's needs more than four."""

CERTAIN = 1 - 1e-9
"""Of a coefficient that is 1 but for rounding."""

MOST_EPOCHS = 8
"""That are compared with each other: median stopping has a rung at every epoch."""


@dataclass(frozen=True)
class Correlation:
    """A rank correlation (-1 to 1; NaN where all values tie) with its 95 % interval, NaN where it has none."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Agreement:
    """How the order at ``epoch`` agrees with that at ``later``, over the ``trials`` that have a value at both.

    ``reached`` trials have a value at ``epoch``: where more than ``trials`` do, only survivors were compared.
    """

    epoch: int
    later: int
    trials: int
    reached: int
    spearman: Correlation
    kendall: Correlation


def agreements(table: Table, epochs: Sequence[int]) -> list[Agreement]:
    """Return how each epoch agrees with the next one, and with the last; pairs with too few trials are left out.

    Args:
        table: of the run.
        epochs: ascending, the last one that of a full training; of more than `MOST_EPOCHS` some are left out.
    """
    kept = np.unique(np.geomspace(1, len(epochs), MOST_EPOCHS).round().astype(int)) - 1
    epochs = [epochs[place] for place in kept] if len(epochs) > MOST_EPOCHS else epochs
    pairs = dict.fromkeys((a, b) for i, a in enumerate(epochs[:-1]) for b in (epochs[i + 1], epochs[-1]))
    found = (agreement(table, epoch, later) for epoch, later in pairs)
    return [one for one in found if one is not None]


def columns(found: Sequence[Agreement]) -> dict[str, list[Any]]:
    """Return agreements by columns, as a page shows them."""
    columns: dict[str, list[Any]] = {
        "Epoch": [one.epoch for one in found],
        "and": [one.later for one in found],
        "Trials at both": [one.trials for one in found],
        "of": [one.reached for one in found],
    }
    for name, of in (
        ("Spearman", [one.spearman for one in found]),
        ("Kendall", [one.kendall for one in found]),
    ):
        columns |= {
            name: [one.value for one in of],
            f"95 % interval of {name}": [_between(one) for one in of],
        }
    return columns


def _between(found: Correlation) -> str:
    return f"{found.low:.2f} to {found.high:.2f}" if math.isfinite(found.low) else ""


def agreement(table: Table, epoch: int, later: int) -> Agreement | None:
    """Return how two epochs agree; None where fewer than `FEWEST` trials have a value at both."""
    first, second = table.at(epoch), table.at(later)
    both = np.isfinite(first) & np.isfinite(second)
    count = int(both.sum())
    if count < FEWEST:
        return None
    rho, tau = spearman(first[both], second[both]), kendall(first[both], second[both])
    return Agreement(
        epoch=epoch,
        later=later,
        trials=count,
        reached=int(np.isfinite(first).sum()),
        spearman=_interval(rho, (1 + rho**2 / 2) / (count - 3)),
        kendall=_interval(tau, 0.437 / (count - 4)),
    )


def spearman(a: Floats, b: Floats) -> float:
    """Return Spearman's rank correlation; NaN where either has one value only."""
    ranks = [pd.Series(values).rank().to_numpy() for values in (a, b)]
    x, y = (rank - rank.mean() for rank in ranks)
    scale = math.sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / scale if scale else math.nan


def kendall(a: Floats, b: Floats) -> float:
    """Return Kendall's tau-b; NaN where either has one value only. By counting inversions (Knight 1966)."""
    order = np.lexsort((b, a))
    _, x = np.unique(a[order], return_inverse=True)
    _, y = np.unique(b[order], return_inverse=True)
    pairs = len(a) * (len(a) - 1) // 2
    tied_x, tied_y, tied = _tied(x), _tied(y), _tied(x * len(y) + y)
    scale = math.sqrt(pairs - tied_x) * math.sqrt(pairs - tied_y)
    return (pairs - tied_x - tied_y + tied - 2 * inversions(y)) / scale if scale else math.nan


def _tied(values: Ints) -> int:
    """Return how many pairs are equal."""
    counts = np.unique(values, return_counts=True)[1]
    return int((counts * (counts - 1) // 2).sum())


def inversions(values: Ints) -> int:
    """Return how many pairs stand in falling order: a merge sort from the bottom up, each level as one sort.

    Args:
        values: (n,) whole numbers from 0 on.
    """
    count, width = 0, 1
    values, place = values.copy(), np.arange(len(values))
    while width < len(values):
        block = place // (2 * width)
        order = np.lexsort((values, block))  # stable: of equal values, those of the left half come first
        right = (place // width % 2 == 1)[order]
        lefts = np.append(0, np.cumsum(~right))
        ends = np.minimum((block + 1) * 2 * width, len(values))
        count += int((lefts[ends] - lefts[1:])[right].sum())
        values, width = values[order], 2 * width
    return count


def _interval(value: float, variance: float) -> Correlation:
    if (
        not abs(value) < CERTAIN
    ):  # also NaN: Fisher's z is infinite at -1 and 1, which says nothing of other trials
        return Correlation(value, math.nan, math.nan)
    z, half = math.atanh(value), Z95 * math.sqrt(variance)
    return Correlation(value, math.tanh(z - half), math.tanh(z + half))

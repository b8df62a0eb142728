"""Main effects and interactions: how the mean at one epoch changes with one parameter, and with two together.

Numbers are cut into bins of about equally many trials. Interactions are a two-way analysis of variance with unequal
cells (Searle 1971, Linear Models, ch. 7): what the means of the cells explain beyond the best sum of two effects.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.special import fdtrc, stdtrit

from dashboard.prepare.table import Floats, Parameter, Table

Codes = npt.NDArray[np.int64]

BINS, PAIR_BINS = 8, 5
"""Of a number: by itself, and in a pair, where there are as many cells as their product."""

LEAST_IN_GROUP = 8
"""Trials for each group of a number, and half of it for each cell of a pair, on average; else groups are joined."""

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Cut:
    """A parameter as groups of trials: ``codes`` (trials,) from 0, -1 where a trial has no group; and their labels.

    A trial that does not use the parameter has no group, so that a condition is not taken for an effect.
    """

    codes: Codes
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Effect:
    """The mean in each group of a parameter, with its confidence interval; all (groups,).

    ``share`` of the variance is what the groups explain, corrected for their number (adjusted R², at least 0).
    """

    name: str
    labels: tuple[str, ...]
    means: Floats
    low: Floats
    high: Floats
    trials: Codes
    share: float


@dataclass(frozen=True)
class Interaction:
    """What two parameters explain together: shares of the variance, corrected for the number of groups.

    ``joint`` is that of the pair in all, ``share`` the part that no sum of two effects explains. ``chance`` is how
    often so much more would be explained where there is no interaction (F test). ``trials`` use both.
    """

    first: str
    second: str
    share: float
    joint: float
    chance: float
    trials: int


def cut(parameter: Parameter, column: npt.NDArray[np.object_] | Floats, rows: Floats, *, bins: int) -> Cut:
    """Return a parameter as groups; choices in their order, numbers by quantiles.

    Args:
        parameter: of the column.
        column: (trials,) its values.
        rows: (trials,) only trials with a finite number here are looked at.
        bins: the most groups of a number.
    """
    known = np.isfinite(rows)
    bins = max(2, min(bins, int(known.sum()) // LEAST_IN_GROUP))
    if parameter.kind == "choice":
        codes, labels = _of_choices(parameter.choices, column)
    else:
        codes, labels = _of_numbers(np.asarray(column, dtype=np.float64), known, bins)
    return Cut(np.where(known, codes, -1), labels)


def notable(pairs: Sequence[Interaction], *, most: int, least: float = 0.01) -> list[Interaction]:
    """Return the strongest interactions that are hardly chance: 5 % for all pairs together (Bonferroni).

    Args:
        pairs: the strongest first.
        most: that are returned.
        least: a smaller share of the variance is left out.
    """
    return [one for one in pairs if one.share >= least and one.chance * len(pairs) <= 0.05][:most]


def effect(name: str, cut: Cut, values: Floats) -> Effect:
    """Return the mean of each group that has trials.

    The interval is Student's, from the group's own spread; it is NaN in a group of one.
    """
    present = _present(cut)
    inside = cut.codes >= 0
    codes, seen = np.searchsorted(present, cut.codes[inside]), values[inside]
    trials = np.bincount(codes)
    means = np.bincount(codes, seen) / trials
    squares = np.bincount(codes, (seen - means[codes]) ** 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(squares / (trials - 1) / trials)
    half = stdtrit(np.maximum(trials - 1, 1), (1 + CONFIDENCE) / 2) * error
    share = _adjusted(squares.sum(), len(seen) - len(present), seen)
    labels = tuple(cut.labels[place] for place in present)
    return Effect(name, labels, means, means - half, means + half, trials, share)


def interactions(table: Table, values: Floats, *, bins: int = PAIR_BINS) -> tuple[Interaction, ...]:
    """Return all pairs of parameters, the strongest interaction first.

    Args:
        table: all trials.
        values: (trials,) at one epoch, NaN where a trial does not count.
        bins: the most groups of a number; fewer where the trials are few.
    """
    trials = int(np.isfinite(values).sum())
    bins = max(2, min(bins, math.isqrt(2 * trials // LEAST_IN_GROUP)))
    cuts = {one.name: _cut(table, one, values, bins) for one in table.parameters}
    varied = [name for name, cut in cuts.items() if len(_present(cut)) > 1]
    found = [interaction((a, cuts[a]), (b, cuts[b]), values) for a, b in combinations(varied, 2)]
    return tuple(sorted(found, key=lambda one: -one.share))


def interaction(first: tuple[str, Cut], second: tuple[str, Cut], values: Floats) -> Interaction:
    """Return what a pair explains.

    Args:
        first: a parameter's name and groups.
        second: another one's.
        values: (trials,) NaN where a trial does not count.
    """
    (name, one), (other, two) = first, second
    inside = (one.codes >= 0) & (two.codes >= 0) & np.isfinite(values)
    seen, a, b = values[inside], one.codes[inside], two.codes[inside]
    shape = (len(one.labels), len(two.labels))
    cells = np.ravel_multi_index((a, b), shape)
    counts: Floats = np.bincount(cells, minlength=shape[0] * shape[1]).astype(np.float64)
    centred = seen - seen.mean() if len(seen) else seen
    sums: Floats = np.bincount(cells, centred, minlength=len(counts)).astype(
        np.float64
    )  # of none it makes integers
    filled = counts > 0
    additive, rank = _additive(counts.reshape(shape), sums.reshape(shape))
    means = np.divide(sums, counts, out=np.zeros_like(sums), where=filled)
    within = float(((seen - seen.mean() - means[cells]) ** 2).sum()) if len(seen) else 0.0
    beyond = float((counts * (means - additive.ravel()) ** 2).sum())
    free, more = len(seen) - int(filled.sum()), int(filled.sum()) - rank
    joint = _adjusted(within, free, seen)
    apart = _adjusted(within + beyond, len(seen) - rank, seen)
    chance = (
        float(fdtrc(more, free, beyond / more / (within / free))) if more > 0 < free and within > 0 else 1.0
    )
    return Interaction(name, other, max(joint - apart, 0.0), joint, chance, len(seen))


def _additive(counts: Floats, sums: Floats) -> tuple[Floats, int]:
    """Return the best sum of two effects (A, B) by weighted least squares, and how many numbers it has."""
    rows, columns = counts.shape
    normal = np.zeros((rows + columns, rows + columns))
    normal[:rows, :rows] = np.diag(counts.sum(axis=1))
    normal[rows:, rows:] = np.diag(counts.sum(axis=0))
    normal[:rows, rows:], normal[rows:, :rows] = counts, counts.T
    right = np.concatenate([sums.sum(axis=1), sums.sum(axis=0)])
    # Hermitian and singular: one number can move between the two effects.
    inverse = np.linalg.pinv(normal, rcond=1e-10, hermitian=True)
    found = inverse @ right
    rank = int(np.linalg.matrix_rank(normal, tol=1e-10 * max(counts.sum(), 1.0), hermitian=True))
    return found[:rows, None] + found[None, rows:], rank


def _adjusted(left: float, freedom: int, seen: Floats) -> float:
    """Return the share of the variance that a model explains, corrected for its size: adjusted R², at least 0."""
    total = float(((seen - seen.mean()) ** 2).sum()) if len(seen) else 0.0
    if freedom <= 0 or total <= 0:
        return 0.0
    return max(0.0, 1 - (left / freedom) / (total / (len(seen) - 1)))


def _cut(table: Table, parameter: Parameter, values: Floats, bins: int) -> Cut:
    return cut(parameter, table.points[parameter.name].to_numpy(), values, bins=bins)


def _present(cut: Cut) -> Codes:
    return np.unique(cut.codes[cut.codes >= 0])


def _of_choices(
    choices: Sequence[str], column: npt.NDArray[np.object_] | Floats
) -> tuple[Codes, tuple[str, ...]]:
    places = {choice: place for place, choice in enumerate(choices)}
    return np.array([places.get(value, -1) for value in column], dtype=np.int64), tuple(choices)


def _of_numbers(numbers: Floats, known: npt.NDArray[np.bool_], bins: int) -> tuple[Codes, tuple[str, ...]]:
    used = numbers[known & np.isfinite(numbers)]
    distinct = np.unique(used)
    if len(distinct) <= bins:
        edges = distinct
    else:
        edges = np.unique(np.quantile(used, np.linspace(0, 1, bins + 1), method="inverted_cdf")[:-1])
    if not len(edges):
        return np.full(len(numbers), -1, dtype=np.int64), ()
    places = np.searchsorted(edges, np.nan_to_num(numbers, nan=edges[0]), side="right") - 1
    codes = np.where(np.isfinite(numbers), np.maximum(places, 0), -1).astype(np.int64)
    inside = codes[known & np.isfinite(numbers)]
    groups = [used[inside == code] for code in range(len(edges))]
    return codes, tuple(_span(float(one.min()), float(one.max())) for one in groups)


def _span(low: float, high: float) -> str:
    return f"{low:.3g}" if low == high else f"{low:.3g} – {high:.3g}"

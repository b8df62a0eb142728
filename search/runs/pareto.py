"""Pareto dominance, and the front of a search with several objectives: the trials that no other one beats in all.

Vectors have larger components for better ones. The definitions are the usual ones (Deb 2001, section 2.4).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from search.plan.objectives import Goal
from search.runs.ranking import Scoring, rank
from search.runs.record import TrialRecord


def dominates(a: Sequence[float], b: Sequence[float]) -> bool:
    """Tell whether a is at least as good as b everywhere and better somewhere; NaN is neither.

    Raises:
        ValueError: the vectors have different lengths.
    """
    pairs = list(zip(a, b, strict=True))
    return all(x >= y for x, y in pairs) and any(x > y for x, y in pairs)


def front(vectors: Sequence[Sequence[float]]) -> list[int]:
    """Return the indices of the vectors that no other one dominates, in their order; equal ones are all there.

    A vector with NaN is dominated by none, so it is there too. Each vector is compared with all others.

    Raises:
        ValueError: the vectors have different lengths.
    """
    if not len(vectors):
        return []
    points = np.array(vectors, dtype=float)  # (n, d)
    dominated = ((points >= mine).all(axis=1) & (points > mine).any(axis=1) for mine in points)
    return [index for index, others in enumerate(dominated) if not others.any()]


def pareto_front(trials: Iterable[TrialRecord], scoring: Scoring, goals: Sequence[Goal]) -> list[TrialRecord]:
    """Return the completed trials that no other completed one dominates, in the order of the ranking.

    Stopped trials are left out. Their value is that of an earlier epoch in the middle of a schedule, which no
    completed trial's value can be compared with; a small network stopped at its first rung would otherwise
    stand on the front by its size alone. Nothing is lost by it: early stopping spares every trial that is on
    the front at its rung.

    Args:
        trials: of one search.
        scoring: of the curve.
        goals: the objectives beside it; without any the front is the best trial and its equals.

    Returns:
        Trials with a finite score and all attributes that the goals name; none before the first has completed.
    """
    compared: list[TrialRecord] = []
    vectors: list[list[float]] = []
    for trial in rank(trials, scoring):
        vector = _vector(trial, scoring, goals)
        if trial.status == "completed" and all(map(math.isfinite, vector)):
            compared.append(trial)
            vectors.append(vector)
    return [compared[index] for index in front(vectors)]


def _vector(trial: TrialRecord, scoring: Scoring, goals: Sequence[Goal]) -> list[float]:
    score = scoring.score(trial.values)
    assert score is not None  # `rank` leaves such trials out
    known = [(trial.attributes.get(goal.attribute, math.nan), goal.maximize) for goal in goals]
    return [value if maximize else -value for value, maximize in [(score, scoring.maximize), *known]]

"""Dominance and fronts against their definitions, by brute force and by the laws that they must obey."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.plan.objectives import Goal
from search.runs.pareto import dominates, front, pareto_front
from search.runs.ranking import Scoring
from search.runs.record import Status, TrialRecord

Vector = tuple[float, ...]

# Few distinct numbers, so that ties and equal vectors are common.
FIGURES = st.one_of(
    st.integers(0, 3).map(float), st.sampled_from([-math.inf, math.inf, -0.0, 0.1 + 0.2, 0.3])
)
VECTORS = st.integers(1, 4).flatmap(lambda size: st.lists(st.tuples(*[FIGURES] * size), max_size=25))


def beats(a: Vector, b: Vector) -> bool:
    """Dominance in other words: not equal, and nowhere worse."""
    return a != b and not any(x < y for x, y in zip(a, b, strict=True))


@given(VECTORS)
def test_the_front_is_who_nobody_beats(vectors: list[Vector]) -> None:
    assert front(vectors) == [i for i, b in enumerate(vectors) if not any(beats(a, b) for a in vectors)]


@given(VECTORS)
def test_everybody_else_is_dominated_by_someone_on_the_front(vectors: list[Vector]) -> None:
    ahead = front(vectors)
    assert bool(ahead) is bool(vectors)
    for index in set(range(len(vectors))) - set(ahead):
        assert any(dominates(vectors[other], vectors[index]) for other in ahead)


@given(st.integers(1, 4).flatmap(lambda size: st.tuples(*[st.tuples(*[FIGURES] * size)] * 3)))
def test_dominance_is_a_strict_order(three: tuple[Vector, Vector, Vector]) -> None:
    a, b, c = three
    assert not dominates(a, a)
    assert not (dominates(a, b) and dominates(b, a))
    assert dominates(a, c) or not (dominates(a, b) and dominates(b, c))
    assert dominates(a, b) is beats(a, b)


@given(VECTORS, st.integers(0, 3))
def test_one_objective_alone_has_its_best_on_the_front(vectors: list[Vector], column: int) -> None:
    column = min(column, len(vectors[0]) - 1) if vectors else 0
    first = [(vector[column],) for vector in vectors]
    best = max(first, default=(0.0,))
    assert front(first) == [index for index, vector in enumerate(first) if vector == best]


def test_nan_dominates_nothing_and_is_dominated_by_nothing() -> None:
    assert not dominates((math.nan, 9), (0, 0))
    assert not dominates((9, 9), (math.nan, 0))
    assert front([(math.nan, 0), (1, 1), (0, 0)]) == [0, 1]


def test_vectors_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shorter|longer"):
        dominates((1, 2), (1,))
    with pytest.raises(ValueError, match="inhomogeneous"):
        front([(1, 2), (1,)])


def trial(number: int, score: float, status: Status = "completed", **attributes: float) -> TrialRecord:
    return TrialRecord(number, status, {}, {}, (), values={1: 0.0, 2: score}, attributes=attributes)


def numbers(trials: list[TrialRecord], *goals: Goal, **scoring: bool) -> list[int]:
    return [record.number for record in pareto_front(trials, Scoring(**scoring), goals)]


SIZE = Goal("parameters")


def test_the_front_runs_from_the_best_to_the_smallest() -> None:
    trials = [trial(0, 0.7, parameters=10), trial(1, 0.9, parameters=99), trial(2, 0.8, parameters=50),
              trial(3, 0.8, parameters=51), trial(4, 0.7, parameters=10), trial(5, 0.6, parameters=11)]  # fmt: skip
    assert numbers(trials, SIZE) == [1, 2, 0, 4]


def test_directions_are_those_of_the_curve_and_of_each_goal() -> None:
    trials = [trial(0, 0.1, parameters=10), trial(1, 0.1, parameters=20), trial(2, 0.2, parameters=5)]
    assert numbers(trials, SIZE, maximize=False) == [0, 2]
    assert numbers(trials, Goal("parameters", maximize=True), maximize=False) == [1]
    assert numbers(trials, Goal("parameters", maximize=True)) == [2, 1]


def test_only_completed_trials_with_all_figures_are_compared() -> None:
    trials = [trial(0, 0.5, parameters=10), trial(1, 0.4, "stopped", parameters=1), trial(2, 0.9),
              trial(3, 0.9, "running", parameters=1), trial(4, math.nan, parameters=1),
              trial(5, 0.9, "failed", parameters=1), trial(6, 0.9, parameters=math.nan)]  # fmt: skip
    # Trial 4's last finite value is its first, 0.
    assert numbers(trials, SIZE) == [0, 4]
    assert numbers([], SIZE) == []


def test_without_goals_the_front_is_the_best_and_its_equals() -> None:
    trials = [trial(0, 0.5), trial(1, 0.9), trial(2, 0.9)]
    assert numbers(trials) == [1, 2]
    assert numbers([replace(one, status="stopped") for one in trials]) == []

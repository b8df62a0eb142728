"""Constraints and goals: what is within a bound, how far from it, and that a bound which cannot be is refused."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.plan.objectives import Constraint, Goal, Relation, attribute_text, number

BOUNDS = st.floats(1e-6, 1e15)
RELATIONS: st.SearchStrategy[Relation] = st.sampled_from(["<=", ">="])


@given(BOUNDS, BOUNDS, RELATIONS)
def test_a_constraint_is_violated_exactly_where_its_sentence_is_false(
    bound: float, value: float, relation: Relation
) -> None:
    holds = value <= bound if relation == "<=" else value >= bound
    assert (Constraint("x", relation, bound).violation(value) > 0) is not holds


@given(BOUNDS, BOUNDS)
def test_the_violation_is_the_share_of_the_bound(bound: float, value: float) -> None:
    exact = (Fraction(value) - Fraction(bound)) / Fraction(bound)
    assert Constraint("x", "<=", bound).violation(value) == pytest.approx(float(exact), rel=1e-12)
    assert Constraint("x", ">=", bound).violation(value) == pytest.approx(-float(exact), rel=1e-12)


def test_the_bound_is_within_and_a_figure_that_is_not_known_violates_nothing() -> None:
    assert Constraint("parameters", "<=", 5e6).violation(5_000_000) == 0
    assert Constraint("parameters", ">=", 5e6).violation(math.nan) == 0
    assert Constraint("latency_ms", "<=", 3).violation(4.5) == 0.5


@pytest.mark.parametrize("bound", [0, -1, math.inf, math.nan])
def test_a_bound_that_cannot_be_is_refused(bound: float) -> None:
    with pytest.raises(ValueError, match="a finite bound above 0 is expected, but got bound="):
        Constraint("x", "<=", bound)


def test_a_relation_that_is_none_is_refused() -> None:
    relation: Any = "<"
    with pytest.raises(ValueError, match="one of <=, >= is expected, but got relation='<'"):
        Constraint("x", relation, 1)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_again_as_it_was(value: float) -> None:
    assert float(number(value)) == value


def test_a_sentence_is_written_as_a_person_would() -> None:
    assert str(Constraint("parameters", "<=", 5e6)) == "parameters <= 5000000"
    assert str(Constraint("latency_ms", ">=", 2.5)) == "latency_ms >= 2.5"
    assert [Goal("x").mode, Goal("x", maximize=True).mode] == ["min", "max"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(7_012_938, "7,012,938"), (7_012_938.0, "7,012,938"), (3.25, "3.25"), (0.123456, "0.1235")],
)
def test_an_attribute_is_told_as_a_person_reads_it(value: float, text: str) -> None:
    assert attribute_text(value) == text

"""A rung keeps its orders as trials arrive: always those that sorting everybody anew would give."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from search.runs import pareto
from search.tuning.rung import Rung
from search.tuning.schedulers import Standing

SMALL = st.integers(-3, 3).map(float)
ARRIVALS = st.lists(st.tuples(SMALL, SMALL, SMALL), min_size=1, max_size=25)


def standing(score: float, mean: float) -> Standing:
    return Standing(score, score, mean)


@given(ARRIVALS, st.permutations(range(25)))
def test_orders_are_those_of_everybody_sorted(
    arrivals: list[tuple[float, float, float]], order: list[int]
) -> None:
    rung = Rung()
    there: dict[int, tuple[float, float, float]] = {}
    for number, (score, mean, attribute) in zip(order, arrivals, strict=False):
        before = rung.others(number)
        assert list(before.scores) == sorted(s for s, _, _ in there.values())
        assert list(before.means) == sorted(m for _, m, _ in there.values())
        rung.add(number, standing(score, mean), (score, attribute))
        there[number] = (score, mean, attribute)
    assert [n for _, n in rung.ranked] == sorted(there, key=lambda n: (-there[n][0], n))
    numbers = list(there)
    vectors = [(there[n][0], there[n][2]) for n in numbers]
    assert set(rung.front) == {numbers[index] for index in pareto.front(vectors)}
    for number in there:
        others = rung.others(number)
        assert list(others.scores) == sorted(there[n][0] for n in there if n != number)
        assert list(others.means) == sorted(there[n][1] for n in there if n != number)


def test_the_first_value_at_a_rung_counts() -> None:
    rung = Rung()
    rung.add(7, standing(0.5, 0.5), (0.5,))
    rung.add(7, standing(0.9, 0.9), (0.9,))
    assert len(rung) == 1
    assert 7 in rung
    assert rung.key(7) == (-0.5, 7)
    assert not math.isnan(rung.ranked[0][0])

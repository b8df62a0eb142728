"""Two trials beside each other, against SciPy's binomial test, counting, and simulated truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from search.runs.pairing import NotPaired, difference_interval, mcnemar, pair
from search.training.predictions import Predictions


def answers(right: list[bool]) -> Predictions:
    logits = np.array([[1, 0] if one else [0, 1] for one in right], dtype=np.float16)
    return Predictions(logits, np.zeros(len(right), dtype=np.int64), np.arange(len(right)), 1)


@given(st.integers(0, 400), st.integers(0, 400))
def test_the_p_value_is_the_binomial_test_s(first: int, second: int) -> None:
    expected = binomtest(first, first + second).pvalue if first + second else 1.0
    assert mcnemar(first, second) == pytest.approx(min(1.0, expected), rel=1e-9)


def test_many_images_do_not_overflow() -> None:
    assert mcnemar(24_000, 25_000) == pytest.approx(binomtest(24_000, 49_000).pvalue, rel=1e-6)
    assert mcnemar(0, 50_000) == 0.0


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_the_images_are_counted_one_by_one(right: list[tuple[bool, bool]]) -> None:
    found = pair(answers([one for one, _ in right]), answers([two for _, two in right]))
    assert found.both == right.count((True, True))
    assert found.neither == right.count((False, False))
    assert [right[row] for row in found.only_first] == [(True, False)] * right.count((True, False))
    assert [right[row] for row in found.only_second] == [(False, True)] * right.count((False, True))
    assert found.images == len(right)
    gap = sum(one - two for one, two in right) / len(right)
    assert found.difference == pytest.approx(gap)
    assert -1 <= found.low <= found.high <= 1


@pytest.mark.parametrize(("first", "second"), [(0.05, 0.02), (0.01, 0.01), (0.2, 0.1)])
def test_the_interval_covers_the_truth_about_as_often_as_it_says(first: float, second: float) -> None:
    random = np.random.default_rng(0)
    drawn = random.multinomial(500, [first, second, 1 - first - second], size=4000)
    inside = [
        low <= first - second <= high
        for one, two, _ in drawn
        for low, high in [difference_interval(int(one), int(two), 500)]
    ]
    assert 0.935 <= np.mean(inside) <= 0.975


def test_trials_on_other_images_are_not_compared() -> None:
    one, two = answers([True, False]), answers([True, False, True])
    with pytest.raises(NotPaired, match="same images"):
        pair(one, two)

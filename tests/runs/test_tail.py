"""The tail of a sample: a share that is exact for any distribution, and the best of many draws."""

from __future__ import annotations

import numpy as np
import pytest

from search.runs.tail import DRAWS, Tail


@pytest.mark.parametrize(("size", "more"), [(6, 6), (50, 10), (200, 200)])
@pytest.mark.parametrize("name", ["normal", "uniform", "exponential"])
def test_the_chance_of_a_new_record_is_that_of_exchangeable_scores(name: str, size: int, more: int) -> None:
    """The best of n + k exchangeable scores is among the k with probability k / (n + k), whatever the distribution."""
    rng = np.random.default_rng(0)
    counts = np.full(DRAWS, float(more))
    chances = []
    for _ in range(60):
        scores = getattr(rng, name)(size=size)
        best = Tail.of(scores, rng).best_of(counts, rng)
        chances.append((best > scores.max()).mean())
    assert np.mean(chances) == pytest.approx(more / (size + more), abs=0.1)


def test_the_best_of_many_grows_as_the_exponential_distribution_says() -> None:
    """With a known exponential tail: E[best of N] = threshold + scale · (1 + 1/2 + … + 1/N)."""
    rng = np.random.default_rng(0)
    tail = Tail(5.0, np.ones(DRAWS), np.full(DRAWS, 1e-9), np.full(DRAWS, 2.0))
    for passing in (1, 4, 32):
        best = tail.best_of(np.full(DRAWS, float(passing)), rng)
        harmonic = sum(1 / i for i in range(1, passing + 1))
        assert best.mean() == pytest.approx(5.0 + 2.0 * harmonic, rel=0.05)


def test_a_wall_is_not_passed() -> None:
    rng = np.random.default_rng(0)
    tail = Tail(0.0, np.ones(DRAWS), np.full(DRAWS, -1.0), np.full(DRAWS, 0.25))
    best = tail.best_of(np.full(DRAWS, 1e9), rng)
    assert best.max() <= 0.25
    assert best.min() == pytest.approx(0.25, abs=1e-6)


def test_the_share_above_an_order_statistic_is_beta_distributed() -> None:
    """Of 20 scores 7 lie above the threshold (1.5 · √20): the mass there is Beta(8, 13), whatever the distribution."""
    share = Tail.of(np.arange(20.0), np.random.default_rng(0)).share
    assert share.mean() == pytest.approx(8 / 21, abs=0.01)
    assert share.var() == pytest.approx(8 * 13 / (21**2 * 22), rel=0.1)


def test_nothing_is_drawn_from_no_more_trials() -> None:
    rng = np.random.default_rng(0)
    tail = Tail.of(np.arange(10.0), rng)
    assert (tail.best_of(np.zeros(DRAWS), rng) == -np.inf).all()


def test_equal_scores_have_no_tail_and_ties_at_the_top_a_small_one() -> None:
    rng = np.random.default_rng(0)
    counts = np.full(DRAWS, 1000.0)
    assert Tail.of(np.full(8, 0.9), rng).best_of(counts, rng).max() == 0.9
    tied = Tail.of(np.array([0.5, 0.89, *[0.9] * 8]), rng).best_of(counts, rng)
    assert 0.9 < tied.mean() < 0.9 + 0.1

"""Intervals over seeds and images: closed forms, a plain loop as the oracle, and coverage of a known truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm
from scipy.stats import t as student

from search.runs.interval import wilson
from search.winner.confirmation.estimate import Correct, difference, estimate, paired, seed_variance

ANSWERS = arrays(np.bool_, st.tuples(st.integers(1, 6), st.integers(2, 40)))


def answers(
    rng: np.random.Generator, accuracy: float, *, seeds: int, images: int, spread: float, hardness: float
) -> Correct:
    """Draw right and wrong answers of models whose expected accuracy over seeds and images is known.

    A probit model: a model's skill and an image's ease are normal, and the mean of a normal's distribution function
    over a normal is one again, Φ(m / √(1 + spread² + hardness²)).
    """
    middle = norm.ppf(accuracy) * math.sqrt(1 + spread**2 + hardness**2)
    skill = rng.normal(0, spread, (seeds, 1)) + rng.normal(0, hardness, (1, images))
    found: Correct = rng.random((seeds, images)) < norm.cdf(middle + skill)
    return found


@given(ANSWERS)
def test_an_interval_holds_its_mean_and_stays_between_0_and_1(correct: Correct) -> None:
    found = estimate(correct)
    assert 0 <= found.low <= found.mean <= found.high <= 1
    assert found.mean == pytest.approx(correct.mean())
    assert (found.seeds, found.images) == correct.shape


@given(arrays(np.bool_, st.integers(2, 200)))
def test_one_model_has_about_wilsons_interval(right: np.ndarray) -> None:
    found = estimate(right[None])
    low, high = wilson(float(right.mean()), len(right))
    assert found.sd == 0
    if 0 < right.mean() < 1:  # Student's t and n - 1 make it a little wider
        assert found.low <= low + 1e-9
        assert found.high >= high - 1e-9
        assert found.high - found.low <= (high - low) * 14
    else:
        assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)


@given(ANSWERS.filter(lambda one: len(one) > 1))
def test_the_variance_between_seeds_is_that_of_the_analysis_of_variance(correct: Correct) -> None:
    seeds, images = correct.shape
    mean = correct.mean()
    between = sum(images * (row.mean() - mean) ** 2 for row in correct) / (seeds - 1)
    rest = sum(
        (correct[s, i] - correct[s].mean() - correct[:, i].mean() + mean) ** 2
        for s in range(seeds)
        for i in range(images)
    ) / ((seeds - 1) * (images - 1))
    assert seed_variance([correct]) == pytest.approx(max(between - rest, 0) / images)


@pytest.mark.parametrize("spread", [0.02, 0.05])
@pytest.mark.parametrize("hardness", [0.5, 2.0])
def test_the_interval_covers_the_truth(spread: float, hardness: float) -> None:
    rng = np.random.default_rng(1)
    covered, runs = 0, 400
    for _ in range(runs):
        truth = rng.beta(20, 2)
        found = estimate(answers(rng, truth, seeds=5, images=1000, spread=spread, hardness=hardness))
        covered += found.low <= truth <= found.high
    assert 0.92 <= covered / runs <= 0.99


def test_the_difference_of_two_recipes_covers_the_truth() -> None:
    rng = np.random.default_rng(2)
    covered, runs = 0, 300
    for _ in range(runs):
        ease = rng.normal(0, 1.5, (1, 800))
        truths, drawn = (0.93, 0.9), []
        for truth, seeds in zip(truths, (5, 3), strict=True):
            middle = norm.ppf(truth) * math.sqrt(1 + 0.04**2 + 1.5**2)
            drawn.append(rng.random((seeds, 800)) < norm.cdf(middle + rng.normal(0, 0.04, (seeds, 1)) + ease))
        found = difference(*drawn)
        assert found is not None
        covered += found.low <= truths[0] - truths[1] <= found.high
    assert 0.92 <= covered / runs <= 0.995


def test_one_or_two_models_are_judged_by_the_spread_of_others_of_their_recipe() -> None:
    """Seeds that vary much: with their own spread alone, one model covers about half of the truths, two 89 %."""
    rng = np.random.default_rng(3)
    for seeds in (1, 2):
        covered = 0
        for _ in range(200):
            drawn = [
                answers(rng, 0.9, seeds=count, images=3000, spread=0.1, hardness=1.0) for count in (seeds, 5)
            ]
            found = estimate(drawn[0], likewise=drawn[1:])
            assert found.any_seed
            covered += found.low <= 0.9 <= found.high
        assert 0.9 <= covered / 200 <= 0.995
    assert not estimate(drawn[0][:1]).any_seed


def test_a_difference_of_single_models_is_not_told() -> None:
    rng = np.random.default_rng(4)
    one, other = (answers(rng, 0.9, seeds=1, images=50, spread=0.1, hardness=1.0) for _ in range(2))
    assert difference(one, other) is None
    more = answers(rng, 0.9, seeds=3, images=50, spread=0.1, hardness=1.0)
    assert difference(one, other, likewise=[more]) is not None


def test_a_first_mistake_does_not_make_the_interval_narrower() -> None:
    right = np.ones((5, 1000), bool)
    once = right.copy()
    once[0, 0] = False
    assert estimate(once).low <= estimate(right).low


def test_almost_perfect_models_are_covered() -> None:
    rng = np.random.default_rng(5)
    runs = 300
    found = [
        estimate(answers(rng, 0.998, seeds=5, images=1000, spread=0.05, hardness=3.0)) for _ in range(runs)
    ]
    assert sum(one.low <= 0.998 <= one.high for one in found) / runs >= 0.94


def test_the_gain_of_one_model_over_another_is_the_mean_of_its_pairs() -> None:
    rng = np.random.default_rng(6)
    one, other = rng.random(400) < 0.9, rng.random(400) < 0.8
    each = one.astype(float) - other.astype(float)
    half = student.ppf(0.975, 399) * each.std(ddof=1) / math.sqrt(400)
    found = paired(one, other)
    assert (found.mean, found.low, found.high) == pytest.approx(
        (each.mean(), each.mean() - half, each.mean() + half)
    )

"""The interval of an accuracy, against the definition that it solves and against counting."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from search.runs.interval import Z95, wilson


@given(st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_its_ends_solve_the_score_equation(counts: tuple[int, int]) -> None:
    right, images = counts
    accuracy = right / images
    for end in wilson(accuracy, images):
        assert 0 <= end <= 1
        deviation = abs(accuracy - end) / math.sqrt(end * (1 - end) / images) if 0 < end < 1 else Z95
        assert deviation == pytest.approx(Z95, rel=1e-6)


@pytest.mark.parametrize("truth", [0.5, 0.9, 0.98])
def test_it_covers_the_truth_about_as_often_as_it_says(truth: float) -> None:
    images = 500
    covered = 0.0
    for right in range(images + 1):
        low, high = wilson(right / images, images)
        if low <= truth <= high:
            covered += float(binom.pmf(right, images, truth))
    assert 0.93 <= covered <= 0.97


@pytest.mark.parametrize(("accuracy", "images"), [(1.1, 10), (-0.1, 10), (0.5, 0)])
def test_nonsense_is_refused(accuracy: float, images: int) -> None:
    with pytest.raises(ValueError, match="must hold, but got"):
        wilson(accuracy, images)

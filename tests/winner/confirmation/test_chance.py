"""The chance to be the best, against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from search.winner.confirmation.chance import chances, chances_by_score


def test_two_models_are_compared_as_the_normal_approximation_does() -> None:
    """One model each, so that the images alone count: P(d > 0) = Φ(d / se) of the paired differences."""
    rng = np.random.default_rng(0)
    one, other = rng.random((1, 2000)) < 0.9, rng.random((1, 2000)) < 0.89
    each = one[0].astype(float) - other[0].astype(float)
    expected = norm.cdf(each.mean() / (each.std(ddof=1) / math.sqrt(2000)))
    assert chances([one, other])[0] == pytest.approx(expected, abs=0.01)


def test_candidates_that_never_differed_have_equal_chances() -> None:
    same = np.random.default_rng(1).random((3, 100)) < 0.9
    assert chances([same, same]) == pytest.approx([0.5, 0.5], abs=0.02)
    perfect = np.ones((2, 50), bool)
    assert chances([perfect] * 3) == pytest.approx([1 / 3] * 3)
    assert chances([perfect]) == [1.0]


@pytest.mark.parametrize(("maximize", "best"), [(True, 0), (False, 1)])
def test_scores_are_compared_in_the_direction_of_the_objective(maximize: bool, best: int) -> None:
    found = chances_by_score([[0.5, 0.52], [0.3, 0.31], [0.4]], maximize=maximize)
    assert sum(found) == pytest.approx(1)
    assert found[best] == max(found)
    assert found[best] > 0.9

"""The interval of a paired difference covers the truth as often as it says, and never is a point."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.winner.measure_loss import measure_loss


@pytest.mark.parametrize(
    ("lost", "won", "images"), [(0.02, 0.02, 300), (0.05, 0.01, 300), (0.002, 0.001, 2000), (0.2, 0.1, 60)]
)
def test_the_interval_covers_the_truth_in_about_95_of_100_draws(lost: float, won: float, images: int) -> None:
    random = np.random.default_rng(0)
    covered = 0
    for _ in range(2000):
        kinds = random.choice(4, size=images, p=[lost, won, 0.8 * (1 - lost - won), 0.2 * (1 - lost - won)])
        before, after = (kinds == 0) | (kinds == 2), (kinds == 1) | (kinds == 2)
        found = measure_loss(before, after)
        covered += found.low <= lost - won <= found.high
    assert 0.93 <= covered / 2000 <= 0.99


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=200))
def test_the_mean_is_the_difference_of_the_accuracies_and_lies_in_the_interval(
    answers: list[tuple[bool, bool]],
) -> None:
    before, after = (np.array(column) for column in zip(*answers, strict=True))
    found = measure_loss(before, after)
    assert found.mean == pytest.approx(before.mean() - after.mean())
    assert found.low <= found.mean <= found.high
    mirrored = measure_loss(after, before)
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low))


def test_models_that_never_differ_still_have_an_interval() -> None:
    right = np.ones(100, dtype=bool)
    found = measure_loss(right, right)
    assert found.mean == 0
    assert found.low == pytest.approx(-1.959964 / 102)
    assert found.high == pytest.approx(1.959964 / 102)

"""Smoothing, against TensorBoard's own loop and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.prepare.smoothing import smoothed


def tensorboards(values: list[float], weight: float) -> list[float]:
    """Return what vz_line_chart2's `resmoothDataset` computes, written again from its source."""
    last, count, made = 0.0, 0, []
    for value in values:
        if not math.isfinite(value):
            made.append(value)
            continue
        last = last * weight + (1 - weight) * value
        count += 1
        made.append(last / (1 - weight**count))
    return made


@given(st.lists(st.floats(-1e3, 1e3) | st.just(math.nan), max_size=30), st.floats(0.01, 0.99))
def test_smoothing_is_tensorboards(values: list[float], weight: float) -> None:
    made = smoothed(np.array([values]), weight)[0]
    np.testing.assert_allclose(made, tensorboards(values, weight), rtol=1e-9, atol=1e-9)


def test_a_constant_stays_and_a_weight_of_0_changes_nothing() -> None:
    constant = np.full((2, 9), 0.7)
    np.testing.assert_allclose(smoothed(constant, 0.9), constant)
    some = np.array([[0.1, 0.9, np.nan]])
    assert smoothed(some, 0.0) is some


@pytest.mark.parametrize("weight", [-0.1, 1.0, math.nan])
def test_an_impossible_weight_is_refused_with_its_value(weight: float) -> None:
    with pytest.raises(ValueError, match=f"weight={weight}"):
        smoothed(np.zeros((1, 1)), weight)

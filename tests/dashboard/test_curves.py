"""Learning curves as lines, bands and times, against brute force and NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dashboard.prepare import curves
from dashboard.prepare.reports import reports
from search.runs.record import Stint
from tests.dashboard.records import curve

MATRIX = arrays(
    np.float64, st.tuples(st.integers(1, 6), st.integers(1, 9)), elements=st.floats(0, 1) | st.just(math.nan)
)


def test_curves_of_one_status_are_joined_with_a_gap_after_each() -> None:
    values = np.array([[0.5, 0.7, 0.8], [0.9, np.nan, np.nan], [0.6, np.nan, 0.9], [np.nan] * 3])
    status = ["completed", "stopped", "completed", "failed"]
    lines = curves.by_status(np.array([1.0, 2.0, 3.0]), values, status, np.ones(4, dtype=bool))
    assert list(lines) == ["stopped", "completed"], "a status without a value has no line"
    line = lines["completed"]
    np.testing.assert_array_equal(line.x, [1, 2, 3, np.nan, 1, 3, np.nan])
    np.testing.assert_array_equal(line.y, [0.5, 0.7, 0.8, np.nan, 0.6, 0.9, np.nan])
    assert line.trial.tolist() == [0, 0, 0, -1, 2, 2, -1]


def test_trials_that_the_filter_hides_are_not_drawn() -> None:
    shown = np.array([False, True])
    lines = curves.by_status(np.array([1.0]), np.array([[0.1], [0.2]]), ["completed"] * 2, shown)
    assert lines["completed"].trial.tolist() == [1, -1]


@given(MATRIX, st.integers(3, 5))
def test_thinning_keeps_the_ends_and_the_extremes_of_every_piece(values: np.ndarray, size: int) -> None:
    kept = curves.thinned(values, size)
    same = np.isfinite(kept)
    np.testing.assert_array_equal(kept[same], values[same])
    for row, made in zip(values, kept, strict=True):
        known = np.flatnonzero(np.isfinite(row))
        if len(known):
            assert np.isfinite(made[known[[0, -1]]]).all()
        for begin in range(0, len(row), size):
            piece = row[begin : begin + size]
            if np.isfinite(piece).any():
                left = made[begin : begin + size]
                assert (np.nanmin(left), np.nanmax(left)) == (np.nanmin(piece), np.nanmax(piece))


def test_above_the_most_points_curves_are_thinned_to_about_that_many() -> None:
    rng = np.random.default_rng(0)
    values = rng.random((20, 500))
    lines = curves.by_status(np.arange(500.0), values, ["completed"] * 20, np.ones(20, dtype=bool), most=2000)
    assert 1000 < np.isfinite(lines["completed"].y).sum() <= 2000 + 2 * 20
    assert curves.bucket(2000, 2000) == 1


@given(MATRIX)
def test_bands_are_numpys_percentiles_of_those_who_came_so_far(values: np.ndarray) -> None:
    made = curves.bands(np.arange(values.shape[1], dtype=float), values)
    some = [step for step in range(values.shape[1]) if np.isfinite(values[:, step]).any()]
    assert made.x.tolist() == some
    for place, step in enumerate(some):
        known = values[:, step][np.isfinite(values[:, step])]
        assert made.count[place] == len(known)
        np.testing.assert_allclose(
            made.levels[:, place], np.percentile(known, curves.PERCENTILES), atol=1e-12
        )


def test_times_count_from_the_trials_begin_or_from_the_searchs() -> None:
    records = [
        curve(0, [0.1, 0.2], stints=[Stint(1, 600.0, end=660.0)]),
        curve(1, [0.3], stints=[Stint(1, 720.0)]),
    ]
    told, steps = reports(records), np.array([1, 2])
    trial = curves.times(told, 2, steps, since="trial")
    np.testing.assert_allclose(trial, np.array([[1, 2], [1, np.nan]]) / 60)
    search = curves.times(told, 2, steps, since="search")
    np.testing.assert_allclose(search, np.array([[59, 60], [121, np.nan]]) / 60)


@pytest.mark.parametrize("steps", [[], [2]])
def test_a_metric_with_other_steps_has_times_where_they_are_known(steps: list[int]) -> None:
    told = reports([curve(0, [0.1, 0.2], stints=[Stint(1, 0.0)])])
    made = curves.times(told, 1, np.array(steps, dtype=np.int64), since="trial")
    assert made.tolist() == [[2 / 60] if steps else []]


@given(MATRIX, st.integers(2, 30))
def test_at_a_moment_a_trial_stands_at_its_last_value(values: np.ndarray, points: int) -> None:
    x = np.cumsum(np.ones_like(values) + np.arange(len(values))[:, None], axis=1)
    moments, found = curves.over_time(x, values, points=points)
    assert len(moments) == points
    for row, at, made in zip(values, x, found, strict=True):
        known = [(when, value) for when, value in zip(at, row, strict=True) if math.isfinite(value)]
        for moment, value in zip(moments, made, strict=True):
            past = [one for when, one in known if when <= moment]
            expected = past[-1] if past and known[-1][0] >= moment else math.nan
            np.testing.assert_equal(value, expected)


def test_the_better_half_lies_between_the_median_of_the_bests_and_the_best() -> None:
    values = np.array([[0.1, 0.5], [0.2, 0.9], [0.3, np.nan], [np.nan, np.nan]])
    assert curves.close_up(values, maximize=True) == pytest.approx((0.48, 0.92))
    assert curves.close_up(values, maximize=False) == pytest.approx((0.09, 0.21))
    assert curves.close_up(values - 0.15, maximize=False, positive=True)[0] is None


def test_values_that_are_equal_but_for_rounding_are_equal() -> None:
    low, high = curves.close_up(np.array([[0.7], [0.7 + 1e-16], [0.7 - 1e-16]]), maximize=True)
    assert low is not None
    assert high - low > 0.01


def test_where_all_are_equal_there_is_still_something_to_see() -> None:
    for value in (0.0, 0.7, -3.0):
        low, high = curves.close_up(np.full((2, 3), value), maximize=True)
        assert low is not None
        assert low < value < high

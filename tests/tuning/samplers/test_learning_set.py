"""What the model learns from: orders are kept, units do not matter, the number is bounded."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from search.runs.pareto import dominates
from search.tuning.samplers.curve_model import Array, Data
from search.tuning.samplers.learning_set import (
    AUGMENTED,
    GAP,
    _scalarized,
    bounded,
    learning_set,
    no_prior,
    standardised,
    times,
)
from search.tuning.samplers.observations import Observations

SEEDS = st.integers(0, 2**32 - 1)
VALUES: Any = hnp.arrays(float, st.integers(1, 30), elements=st.integers(-40, 40).map(lambda n: n / 8))


def seen(**changed: Any) -> Observations:
    """Four trials of one parameter: two with curves, one that failed before any value, one that is pending."""
    known: dict[str, Any] = {
        "points": np.array([[0.1], [0.4], [0.7], [0.9]]),
        "trial": np.array([0, 0, 1]),
        "epoch": np.array([1.0, 9.0, 1.0]),
        "value": np.array([0.3, 0.8, 0.5]),
        "pending": np.array([3]),
        "rejected": np.array([], dtype=np.int64),
        "failed": np.array([2]),
        "attributes": np.zeros((4, 0)),
    }
    return Observations(**{**known, **changed})


def learned(of: Observations, seed: int = 0) -> Data:
    return learning_set(of, (1, 3, 9), no_prior, np.random.default_rng(seed))


@given(VALUES)
def test_a_better_value_is_never_standardised_to_a_worse_one(values: Array) -> None:
    order = np.argsort(values, kind="stable")
    assert (np.diff(standardised(values)[order]) >= -1e-12).all()
    assert np.argmax(standardised(values)) == np.argmax(values)


@given(VALUES)
def test_standardised_values_have_mean_0_and_deviation_1(values: Array) -> None:
    found = standardised(values)
    assert abs(found.mean()) < 1e-9
    assert abs(found.std() - (len(set(values.tolist())) > 1)) < 1e-9


@given(VALUES, st.sampled_from([1e-3, 0.5, 1.0, 100.0]), st.integers(-50, 50))
def test_units_and_offsets_of_the_values_do_not_matter(values: Array, factor: float, offset: int) -> None:
    np.testing.assert_allclose(standardised(values * factor + offset), standardised(values), atol=1e-6)


def test_what_is_standardised_is_the_logarithm_of_the_gap_to_the_best() -> None:
    """Gaps 0, 1, 2, 4 with the median 1.5: -log(gap / 1.5 + 0.05)."""
    expected = -np.log(np.array([0, 1, 2, 4]) / 1.5 + GAP)
    expected = (expected - expected.mean()) / expected.std()
    np.testing.assert_allclose(standardised(np.array([9.0, 8.0, 7.0, 5.0])), expected)


def test_a_majority_at_the_best_value_still_leaves_a_scale() -> None:
    """The median gap is 0 then: the largest one stands in."""
    found = standardised(np.array([1.0, 1.0, 1.0, 0.0]))
    np.testing.assert_allclose(found[:3] - found[3], math.log((1 + GAP) / GAP) / 0.4330127 / 3.0445224)


@given(st.integers(1, 200), st.integers(1, 200))
def test_time_is_0_at_the_first_level_and_1_at_the_horizon(first: int, horizon: int) -> None:
    first, horizon = sorted((first, horizon))
    epochs = np.arange(1.0, horizon + 1)
    found = times(epochs, (first, horizon) if first < horizon else (horizon,))
    assert found[-1] == pytest.approx(1.0)
    assert first == horizon or found[first - 1] == pytest.approx(0.0, abs=1e-9)
    assert (np.diff(found) > 0).all()
    assert np.isfinite(found).all()


def test_time_is_logarithmic() -> None:
    np.testing.assert_allclose(times(np.array([1.0, 3.0, 9.0, 27.0]), (1, 3, 9, 27)), [0, 1 / 3, 2 / 3, 1])


@given(st.integers(0, 90), st.integers(1, 40), SEEDS)
def test_bounded_keeps_so_many_with_the_best_and_the_latest(count: int, most: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = Data(
        rng.random((count, 2)),
        rng.integers(0, 4, size=count) / 3,
        np.sort(rng.integers(0, count + 1, size=count)),
        rng.permutation(count).astype(float),
        np.zeros(count),
    )
    kept = bounded(data, most, rng)
    assert len(kept) == len(set(kept.tolist())) == min(count, most)
    assert (np.diff(kept) > 0).all(), "in their order"
    if count > most:
        best = sorted(range(count), key=lambda i: -data.y[i])[: most // 3]
        left = [i for i in range(count) if i not in best]
        latest = sorted(left, key=lambda i: (data.time[i], data.trial[i]), reverse=True)[: most // 3]
        assert set(best) <= set(kept.tolist())
        assert sorted((data.time[i], data.trial[i]) for i in latest) == sorted(
            sorted((data.time[i], data.trial[i]) for i in kept if i not in best)[-len(latest) :]
            if latest
            else []
        )


def test_the_rest_of_the_bounded_set_is_drawn_anew() -> None:
    data = Data(np.zeros((60, 1)), np.zeros(60), np.arange(60), np.arange(60.0), np.zeros(60))
    drawn = [set(bounded(data, 30, np.random.default_rng(seed)).tolist()) for seed in range(40)]
    assert set.intersection(*drawn) == set(range(40, 60)), "the ten best and the ten newest of the others"
    assert set.union(*drawn) == set(range(60))


def test_rows_times_trials_and_priors_belong_together() -> None:
    found = learning_set(seen(), (1, 3, 9), lambda rows: rows[:, 0] * 10, np.random.default_rng(0))
    assert found.x[:, 0].tolist() == [0.1, 0.1, 0.4, 0.7]
    assert found.trial.tolist() == [0, 0, 1, 2]
    np.testing.assert_allclose(found.time, [0, 1, 0, 1], atol=1e-12)
    np.testing.assert_allclose(found.prior, [1, 1, 4, 7])
    np.testing.assert_allclose(found.y, standardised(np.array([0.3, 0.8, 0.5, 0.3])))


def test_a_trial_that_failed_before_any_value_is_the_worst_at_the_horizon() -> None:
    found = learned(seen())
    assert found.y[3] == found.y.min()
    assert found.time[3] == 1.0


def test_a_trial_that_failed_later_is_the_worst_at_the_horizon_too() -> None:
    """Or a learning rate that diverges at the second epoch, after the best first one of all, draws all others."""
    found = learned(seen(failed=np.array([1])))
    assert found.trial.tolist() == [0, 0, 1, 1]
    np.testing.assert_allclose(found.time, [0, 1, 0, 1], atol=1e-12)
    assert found.y[3] == found.y.min() < found.y[2]


GOALS: Any = hnp.arrays(
    float,
    st.tuples(st.integers(2, 12), st.integers(2, 4)),
    elements=st.one_of(st.integers(-3, 3).map(float), st.floats(-1e3, 1e3)),
)


@given(GOALS, SEEDS)
def test_who_dominates_is_not_behind_with_any_weights(goals: Array, seed: int) -> None:
    found = _scalarized(goals[:, 0], goals[:, 1:], np.random.default_rng(seed))
    for i, a in enumerate(goals):
        for j, b in enumerate(goals):
            if dominates(a.tolist(), b.tolist()):
                assert found[i] >= found[j] - 1e-9


def test_the_scalars_are_the_augmented_tchebycheff_function() -> None:
    """Of 21 values evenly over 0 to 20 the quantiles 5 % and 95 % are 1 and 19."""
    first = np.arange(21.0)
    weights = np.random.default_rng(7).dirichlet(np.ones(2))
    found = _scalarized(first, (20 - first)[:, None], np.random.default_rng(7))
    for n in range(21):
        missing = [weights[0] * (2 - (n - 1) / 18), weights[1] * (2 - (19 - n) / 18)]
        assert found[n] == pytest.approx(-max(missing) - AUGMENTED * sum(missing))


def test_every_trade_off_is_somebodys_favorite_over_many_asks() -> None:
    goals = np.array([[0.0, 1.0], [0.6, 0.6], [1.0, 0.0]])
    ahead = {
        int(np.argmax(_scalarized(goals[:, 0], goals[:, 1:], np.random.default_rng(seed))))
        for seed in range(300)
    }
    assert ahead == {0, 1, 2}


def test_a_goal_that_could_not_be_measured_counts_as_the_worst_known() -> None:
    """A trial whose latency is NaN ends by itself; the search goes on. The fourth trial has no values yet."""
    attributes = np.array([[-2.0], [-1.0], [math.nan], [-3.0]])
    of = seen(attributes=attributes)
    as_worst = seen(attributes=np.nan_to_num(attributes, nan=-2.0))
    np.testing.assert_array_equal(learned(of).y, learned(as_worst).y)
    assert np.isfinite(learned(seen(attributes=np.full((4, 1), math.nan))).y).all()


def test_goals_belong_to_their_trials() -> None:
    """Two trials as good as each other on the curve, one of them far smaller: it is ahead with most weights."""
    of = seen(value=np.array([0.5, 0.5, 0.5]), attributes=np.array([[0.0], [9.0], [0.0], [50.0]]))
    assert all(learned(of, seed).y[2] > learned(of, seed).y[0] for seed in range(5))

"""Effects and interactions, against shares of the variance known in closed form and against plain least squares."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from dashboard.prepare.effects import (
    Cut,
    Interaction,
    cut,
    effect,
    interaction,
    interactions,
    notable,
)
from dashboard.prepare.table import Parameter
from tests.dashboard.tables import make_table

A = Parameter("a", "choice", choices=("x", "y"))
B = Parameter("b", "choice", choices=("u", "v"))
C = Parameter("c", "choice", choices=("p", "q"))
GRID = list(itertools.product((0, 1), (0, 1), (0, 1))) * 50


def grid(values: np.ndarray) -> tuple[Interaction, ...]:
    points = {one.name: [one.choices[row[k]] for row in GRID] for k, one in enumerate((A, B, C))}
    return interactions(make_table((A, B, C), points, values), values)


def test_the_shares_of_a_function_on_a_balanced_grid_are_those_of_functional_anova() -> None:
    """With codes of -1 and 1, f = 3a + 2b + 2ab has the variance 9 + 4 + 4: shares 9/17, 4/17 and 4/17, by hand."""
    signs = np.array(GRID) * 2 - 1
    noise = np.random.default_rng(0).normal(0, 1e-3, len(GRID))
    values = 3 * signs[:, 0] + 2 * signs[:, 1] + 2 * signs[:, 0] * signs[:, 1] + noise
    found = {(one.first, one.second): one for one in grid(values)}
    assert found["a", "b"].share == pytest.approx(4 / 17, abs=5e-3)
    assert found["a", "b"].joint == pytest.approx(1, abs=1e-3)
    assert found["a", "c"].share == pytest.approx(0, abs=5e-3)
    assert found["a", "c"].joint == pytest.approx(9 / 17, abs=5e-3)
    shares = {
        one.name: effect(one.name, Cut(np.array(GRID)[:, k], one.choices), values).share
        for k, one in enumerate((A, B, C))
    }
    assert shares == {
        "a": pytest.approx(9 / 17, abs=5e-3),
        "b": pytest.approx(4 / 17, abs=5e-3),
        "c": pytest.approx(0, abs=5e-3),
    }


def test_noise_is_not_called_an_interaction() -> None:
    found = grid(np.random.default_rng(1).normal(size=len(GRID)))
    assert notable(found, most=5) == []


def test_an_interaction_is_notable_however_strong_the_noise() -> None:
    signs = np.array(GRID) * 2 - 1
    values = signs[:, 0] * signs[:, 2] + np.random.default_rng(2).normal(size=len(GRID))
    assert [(one.first, one.second) for one in notable(grid(values), most=5)] == [("a", "c")]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 4), st.integers(2, 4), st.integers(30, 80))
def test_unequal_cells_give_what_least_squares_with_dummies_gives(
    seed: int, rows: int, columns: int, trials: int
) -> None:
    """The oracle fits both models trial by trial with `lstsq` and compares them by scipy's F distribution."""
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, rows, trials), rng.integers(0, columns, trials) % (rng.integers(1, columns) + 1)
    values = rng.normal(size=trials) + a * b
    one, two = (Cut(codes, tuple(map(str, range(4)))) for codes in (a, b))
    found = interaction(("a", one), ("b", two), values)

    def fit(design: np.ndarray) -> tuple[float, int]:
        solution, _, rank, _ = np.linalg.lstsq(design, values, rcond=None)
        return float(((values - design @ solution) ** 2).sum()), int(rank)

    apart, fewer = fit(np.hstack([np.eye(4)[a], np.eye(4)[b]]))
    joint, more = fit(np.eye(16)[a * 4 + b])
    total = float(((values - values.mean()) ** 2).sum()) / (trials - 1)
    shares = [max(0.0, 1 - left / (trials - k) / total) for left, k in ((joint, more), (apart, fewer))]
    assert found.joint == pytest.approx(shares[0], abs=1e-7)
    assert found.share == pytest.approx(max(0.0, shares[0] - shares[1]), abs=1e-7)
    if more > fewer:
        statistic = (apart - joint) / (more - fewer) / (joint / (trials - more))
        assert found.chance == pytest.approx(stats.f.sf(statistic, more - fewer, trials - more), abs=1e-7)
    else:
        assert found.chance == 1


def test_a_trial_that_does_not_use_a_parameter_tells_nothing_of_it() -> None:
    """Else `momentum`, which only one optimizer has, would have the effect of the optimizer."""
    used = Parameter("m", "number", low=0, high=1)
    rng = np.random.default_rng(3)
    momentum = np.where(np.arange(200) % 2, rng.random(200), np.nan)
    values = np.where(np.isnan(momentum), 1.0, 0.0) + rng.normal(0, 0.1, 200)
    found = effect("m", cut(used, momentum, values, bins=8), values)
    assert found.trials.sum() == 100
    assert found.share < 0.1


def test_settings_of_different_families_have_no_interaction() -> None:
    """Layers of one network and depth of another are never active in one trial: the page with both must be drawn."""
    points = {
        "a": ["x", "y", "x", "y", None, None, None, None],
        "b": [None, None, None, None, "u", "v", "u", "v"],
    }
    values = np.arange(8.0)
    (found,) = interactions(make_table((A, B), points, values), values)
    assert (found.share, found.joint, found.chance, found.trials) == (0.0, 0.0, 1.0, 0)


def test_the_interval_of_a_mean_is_student_s() -> None:
    rng = np.random.default_rng(4)
    codes, values = rng.integers(0, 3, 60), rng.normal(size=60)
    found = effect("a", Cut(codes, ("0", "1", "2")), values)
    for group in range(3):
        seen = values[codes == group]
        low, high = stats.t.interval(0.95, len(seen) - 1, seen.mean(), stats.sem(seen))
        assert found.means[group] == pytest.approx(seen.mean())
        assert (found.low[group], found.high[group]) == (pytest.approx(low), pytest.approx(high))


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.integers(2, 9))
def test_groups_of_numbers_are_ordered_and_hold_every_trial(numbers: list[float], bins: int) -> None:
    column = np.array(numbers)
    found = cut(Parameter("a", "number", low=-1e6, high=1e6), column, np.zeros(len(column)), bins=bins)
    assert found.codes.min() >= 0
    assert found.codes.max() < len(found.labels) <= bins
    order = np.argsort(column, kind="stable")
    assert (np.diff(found.codes[order]) >= 0).all()


def test_groups_of_a_continuous_number_are_about_equally_large() -> None:
    column = np.random.default_rng(5).lognormal(size=1000)
    found = cut(Parameter("a", "number", low=0, high=100), column, np.zeros(1000), bins=8)
    assert np.bincount(found.codes).tolist() == pytest.approx([125] * 8, abs=1)


def test_of_one_trial_or_none_there_is_no_effect() -> None:
    table = make_table((A, B), {"a": ["x"], "b": ["u"]}, [0.5])
    assert effect("a", Cut(np.array([0]), ("x", "y")), np.array([0.5])).share == 0
    assert interactions(table, np.array([np.nan])) == ()

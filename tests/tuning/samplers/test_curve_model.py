"""The curve model against the formula of its docstring, entry by entry, and against scikit-learn."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

from search.tuning.samplers import curve_model
from search.tuning.samplers.curve_model import Array, CurveModel, Data, fitted, initial

CHOICES = np.array([False, True, False])
"""Of the columns below: two ranges around a choice among three."""

SEEDS = st.integers(0, 2**32 - 1)


def hyperparameters(rng: np.random.Generator, columns: int = 3) -> Array:
    return initial(columns) + 0.4 * rng.standard_normal(columns + 6)


def rows(rng: np.random.Generator, count: int, *, inactive: bool = True) -> Array:
    found = rng.random((count, 3))
    found[:, 1] = (rng.integers(3, size=count) + 0.5) / 3
    if inactive:
        found[rng.random(count) < 0.3, 2] = np.nan
    return found


def data(rng: np.random.Generator, trials: int = 8) -> Data:
    """Curves of one to three epochs, each trial at one point."""
    owner = np.repeat(np.arange(trials), rng.integers(1, 4, size=trials))
    first = np.r_[True, owner[1:] != owner[:-1]]
    time = np.where(first, 0.0, rng.random(len(owner)))
    x = rows(rng, trials)[owner]
    prior = rng.standard_normal(trials)[owner]
    return Data(x, time, owner, rng.standard_normal(len(owner)), prior)


@dataclass(frozen=True)
class Slow:
    """The process as its docstring has it: loops, and the inverse of the covariance."""

    known: Data
    hyper: Array

    def matern(self, distance: float) -> float:
        return (1 + math.sqrt(5) * distance + 5 / 3 * distance**2) * math.exp(-math.sqrt(5) * distance)

    def over_points(self, left: Array, right: Array) -> float:
        total = 0.0
        for column, (a, b) in enumerate(zip(left, right, strict=True)):
            a, b = (0.5 if math.isnan(v) else float(v) for v in (a, b))  # noqa: PLW2901
            apart = float(a != b) if CHOICES[column] else a - b
            total += (apart / math.exp(self.hyper[column])) ** 2
        return self.matern(math.sqrt(total))

    def covariance(self, left: Data, i: int, right: Data, j: int) -> float:
        time, shared, growth, own, _, slope = (math.exp(value) for value in self.hyper[3:])
        over_time = self.matern(abs(left.time[i] - right.time[j]) / time)
        found = self.over_points(left.x[i], right.x[j]) * (shared + growth * over_time)
        found += own * (left.trial[i] == right.trial[j])
        found += slope * left.prior[i] * right.prior[j]
        return float(found + 1 + left.time[i] * right.time[j])

    def matrix(self, left: Data, right: Data) -> Array:
        return np.array(
            [[self.covariance(left, i, right, j) for j in range(len(right.y))] for i in range(len(left.y))]
        )

    def noisy(self) -> Array:
        noise = math.exp(self.hyper[7])
        return self.matrix(self.known, self.known) + (noise + 1e-6) * np.eye(len(self.known.y))

    def predict(self, x: Array, prior: Array) -> tuple[Array, Array]:
        asked = Data(x, np.ones(len(x)), np.arange(len(x)) + 10**6, np.zeros(len(x)), prior)
        inverse = np.linalg.inv(self.noisy())
        cross = self.matrix(asked, self.known)
        variance = np.diag(self.matrix(asked, asked) - cross @ inverse @ cross.T)
        return cross @ inverse @ self.known.y, np.sqrt(variance)

    def loss(self) -> float:
        """Minus the log posterior, up to a constant: normal priors on the hyperparameters."""
        covariance = self.noisy()
        fit = 0.5 * self.known.y @ np.linalg.inv(covariance) @ self.known.y
        size = 0.5 * float(np.linalg.slogdet(covariance)[1])
        mean = np.r_[0.0, 0.0, 0.0, np.log([0.7, 0.7, 0.3, 0.05, 0.01, 1.0])]
        deviation = np.array([1.0, 1.0, 1.0, 0.7, 1.0, 1.0, 1.2, 1.2, 1.0])
        return float(fit + size + 0.5 * (((self.hyper - mean) / deviation) ** 2).sum())


@given(SEEDS)
@settings(max_examples=25, deadline=None)
def test_mean_and_deviation_are_those_of_the_formula(seed: int) -> None:
    """With inactive parameters, choices, several epochs of a trial, and a prior."""
    rng = np.random.default_rng(seed)
    known, hyper = data(rng), hyperparameters(rng)
    x, prior = rows(rng, 5), rng.standard_normal(5)
    x[0] = known.x[0]
    model = CurveModel(known, CHOICES, hyper)
    mean, deviation = model.predict(x, prior)
    expected = Slow(known, hyper).predict(x, prior)
    np.testing.assert_allclose(mean, expected[0], rtol=0, atol=1e-7)
    np.testing.assert_allclose(deviation, expected[1], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.mean(x, prior), expected[0], rtol=0, atol=1e-7)


@given(SEEDS)
@settings(max_examples=15, deadline=None)
def test_the_loss_is_the_log_posterior_and_its_gradient_that_of_finite_differences(seed: int) -> None:
    rng = np.random.default_rng(seed)
    known, hyper = data(rng), hyperparameters(rng)
    likelihood = curve_model._Likelihood(known, CHOICES)
    loss, gradient = likelihood.loss(hyper)
    assert loss == pytest.approx(Slow(known, hyper).loss(), abs=1e-6)
    for index in range(len(hyper)):
        step = np.zeros(len(hyper))
        step[index] = 1e-5
        slope = (likelihood.loss(hyper + step)[0] - likelihood.loss(hyper - step)[0]) / 2e-5
        assert gradient[index] == pytest.approx(slope, rel=1e-4, abs=1e-4), index


def test_without_time_and_prior_it_is_scikit_learns_process() -> None:
    """One epoch, one value a trial: own and noise are both white, the constant and t t' are 2."""
    rng = np.random.default_rng(0)
    x, y, asked = rng.random((25, 2)), rng.standard_normal(25), rng.random((40, 2))
    lengths, (time, shared, growth, own, noise) = [0.4, 1.3], [0.7, 0.8, 0.3, 0.05, 0.02]
    hyper = np.log([*lengths, time, shared, growth, own, noise, 1.0])
    kernel = (
        ConstantKernel(shared + growth) * Matern(lengths, nu=2.5)
        + ConstantKernel(2.0)
        + WhiteKernel(own + noise + 1e-6)
    )
    theirs = GaussianProcessRegressor(kernel, optimizer=None, alpha=0.0).fit(x, y)
    mine = CurveModel(Data(x, np.ones(25), np.arange(25), y, np.zeros(25)), np.zeros(2, dtype=bool), hyper)
    mean, deviation = mine.predict(asked, np.zeros(40))
    expected, with_noise = theirs.predict(asked, return_std=True)
    np.testing.assert_allclose(mean, expected, atol=1e-8)
    # Of a new trial's own value at the horizon, not of a noisy measurement of it.
    np.testing.assert_allclose(deviation**2, with_noise**2 - noise - 1e-6, atol=1e-8)


def test_more_steps_find_more_probable_hyperparameters() -> None:
    """On a function that varies along one of two columns: that column's length scale becomes the shorter one."""
    rng = np.random.default_rng(1)
    x = rng.random((60, 2))
    known = Data(x, np.ones(60), np.arange(60), np.sin(9 * x[:, 0]), np.zeros(60))
    ranges = np.zeros(2, dtype=bool)
    found = fitted(known, ranges, initial(2), steps=60)
    assert found[0] < found[1] - 1
    losses = [
        curve_model._Likelihood(known, ranges).loss(fitted(known, ranges, initial(2), steps=steps))[0]
        for steps in (1, 3, 60)
    ]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] < curve_model._Likelihood(known, ranges).loss(initial(2))[0]


@given(SEEDS, st.floats(-50, 50))
@settings(max_examples=20, deadline=None)
def test_fitted_stays_within_its_bounds_from_any_start(seed: int, far: float) -> None:
    rng = np.random.default_rng(seed)
    found = fitted(data(rng), CHOICES, np.full(9, far), steps=3)
    low, high = curve_model._bounds(3)
    assert ((found >= low) & (found <= high)).all()


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_the_deviation_is_a_number_above_zero_also_at_points_seen_many_times(seed: int) -> None:
    rng = np.random.default_rng(seed)
    some = data(rng, 3)
    known = some.join(some).join(some)
    low, high = curve_model._bounds(3)
    for hyper in (hyperparameters(rng), low, high):
        mean, deviation = CurveModel(known, CHOICES, hyper).predict(known.x, known.prior)
        assert np.isfinite(mean).all()
        assert (deviation > 0).all()


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_the_order_of_the_observations_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    known, hyper = data(rng), hyperparameters(rng)
    x, prior = rows(rng, 4), rng.standard_normal(4)
    turned = known.take(rng.permutation(len(known.y)))
    for mine, theirs in zip(
        CurveModel(known, CHOICES, hyper).predict(x, prior),
        CurveModel(turned, CHOICES, hyper).predict(x, prior),
        strict=True,
    ):
        np.testing.assert_allclose(mine, theirs, atol=1e-7)


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_to_believe_a_point_lowers_the_deviation_there_and_leaves_the_means(seed: int) -> None:
    """Conditioning on the mean itself changes no mean at all in exact arithmetic."""
    rng = np.random.default_rng(seed)
    known, hyper = data(rng), hyperparameters(rng)
    pending, elsewhere = rows(rng, 2), rows(rng, 4)
    x, prior = np.concatenate([pending, elsewhere]), rng.standard_normal(6)
    model = CurveModel(known, CHOICES, hyper)
    mean, deviation = model.predict(x, prior)
    model.believe(pending, prior[:2])
    after, smaller = model.predict(x, prior)
    np.testing.assert_allclose(after, mean, atol=1e-6)
    assert (smaller[:2] < deviation[:2]).all()
    assert (smaller <= deviation + 1e-9).all()
    own = math.exp(hyper[6])
    # What is left at the believed points is hardly more than what two trials of one point differ by.
    assert (smaller[:2] ** 2 < 2 * own + math.exp(hyper[7]) + 1e-3).all()


def test_pending_trials_have_nothing_in_common_with_others_of_their_own() -> None:
    """Two pending trials at one point are two trials: believed twice, their own parts stay apart."""
    rng = np.random.default_rng(3)
    known, hyper = data(rng), hyperparameters(rng)
    x, prior = np.repeat(rows(rng, 1), 3, axis=0), np.zeros(3)
    model = CurveModel(known, CHOICES, hyper)
    model.believe(x, prior)
    assert len(set(model.data.trial)) == len(set(known.trial)) + 3
    assert model.data.time[-3:].tolist() == [1.0, 1.0, 1.0]
    assert Slow(model.data, hyper).predict(x, prior)[1] == pytest.approx(model.predict(x, prior)[1], rel=1e-6)


def test_an_inactive_parameter_stands_in_the_middle_of_its_range() -> None:
    rng = np.random.default_rng(4)
    known, hyper = data(rng), hyperparameters(rng)
    x = rows(rng, 3, inactive=False)
    x[:, 2] = 0.5
    absent = x.copy()
    absent[:, 2] = np.nan
    model = CurveModel(known, CHOICES, hyper)
    for mine, theirs in zip(model.predict(x, np.zeros(3)), model.predict(absent, np.zeros(3)), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_choices_are_equally_far_apart_whatever_their_order() -> None:
    rng = np.random.default_rng(5)
    known, hyper = data(rng), hyperparameters(rng)
    other = {1 / 6: 5 / 6, 1 / 2: 1 / 6, 5 / 6: 1 / 2}
    turned = known.x.copy()
    turned[:, 1] = [other[min(other, key=lambda share: abs(share - had))] for had in known.x[:, 1]]
    renamed = Data(turned, known.time, known.trial, known.y, known.prior)
    at = known.x[:4].copy()
    mean, deviation = CurveModel(known, CHOICES, hyper).predict(at, known.prior[:4])
    again = CurveModel(renamed, CHOICES, hyper).predict(turned[:4], known.prior[:4])
    np.testing.assert_allclose((mean, deviation), again, atol=1e-8)


def test_what_a_covariance_that_is_none_costs_sends_the_search_back() -> None:
    """Where rounding leaves no Cholesky factor, the loss is huge and no step is suggested."""
    rng = np.random.default_rng(6)
    known = data(rng)
    broken = Data(known.x, known.time, known.trial, known.y, known.prior * 1e12)
    loss, gradient = curve_model._Likelihood(broken, CHOICES).loss(np.r_[initial(3)[:-1], 40.0])
    assert loss == 1e10
    assert not gradient.any()

"""A Gaussian process over configuration × epoch, small enough to be made anew at each ask.

The covariance of two observations (point x at epoch t) is

    k(x, x') · (shared + growth · k(t, t')) + own · [same trial] + slope · m(x) m(x') + 1 + t t' + noise · [itself]

with Matérn-5/2 kernels k and one length scale for each parameter (automatic relevance determination, Rasmussen and
Williams 2006, ch. 5). A curve's level is shared by all its epochs, its growth fades with the distance in log-epochs
(compare freeze-thaw, Swersky et al. 2014, https://arxiv.org/abs/1406.3896); what a trial has of its own (its seed) is
common to its epochs. m is what earlier searches say of a point, where there are some. The hyperparameters are the most
probable ones under broad priors, found by a few steps of L-BFGS from those of the last ask.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, lapack, solve_triangular
from scipy.optimize import minimize

Array = NDArray[np.float64]

SQRT5 = math.sqrt(5)
JITTER = 1e-6

SHAPE = ("time", "shared", "growth", "own", "noise", "prior")
"""The hyperparameters behind the length scales, all as logarithms."""

SHAPE_MEAN = np.log([0.7, 0.7, 0.3, 0.05, 0.01, 1.0])
SHAPE_DEVIATION = np.array([0.7, 1.0, 1.0, 1.2, 1.2, 1.0])
SHAPE_LOW = np.array([-1.5, -4.0, -4.0, -7.0, -7.0, -9.0])
SHAPE_HIGH = np.array([1.5, 2.0, 2.0, 1.0, 1.0, 2.0])
"""Priors and bounds for values that are standardised, and time that is 1 at the horizon and 0 at the first level."""

LENGTH_MEAN, LENGTH_DEVIATION, LENGTH_LOW, LENGTH_HIGH = 0.0, 1.0, -2.5, 3.0
"""The same for the logarithm of a length scale: a parameter's range is 1."""


@dataclass(frozen=True)
class Data:
    """Observations to learn from.

    Args:
        x: canonical rows, NaN where a parameter is inactive, shape [n, d].
        time: of each, shape [n].
        trial: a number that observations of one trial share, shape [n].
        y: standardised values, larger is better, shape [n].
        prior: what earlier searches say of each point, shape [n]; zeros where there are none.
    """

    x: Array
    time: Array
    trial: NDArray[np.int64]
    y: Array
    prior: Array

    def take(self, rows: NDArray[np.int64]) -> Data:
        """Return some of the observations."""
        return Data(self.x[rows], self.time[rows], self.trial[rows], self.y[rows], self.prior[rows])

    def join(self, other: Data) -> Data:
        """Return both."""
        pairs = ((getattr(self, name), getattr(other, name)) for name in ("x", "time", "trial", "y", "prior"))
        return Data(*(np.concatenate(pair) for pair in pairs))


def initial(columns: int) -> Array:
    """Return the hyperparameters before anything was learned: logarithms, shape [columns + 6]."""
    return np.concatenate([np.full(columns, LENGTH_MEAN), SHAPE_MEAN])


def fitted(data: Data, choices: NDArray[np.bool_], start: Array, *, steps: int) -> Array:
    """Return more probable hyperparameters.

    Args:
        data: to learn from.
        choices: which columns have no order, shape [d].
        start: where to begin, as `initial` or this returned.
        steps: of L-BFGS at most.
    """
    likelihood = _Likelihood(data, choices)
    low, high = _bounds(len(choices))
    found = minimize(
        likelihood.loss,
        np.clip(start, low, high),
        jac=True,
        method="L-BFGS-B",
        bounds=np.column_stack([low, high]),
        options={"maxiter": steps},
    )
    best: Array = found.x
    return best


class CurveModel:
    """The process, conditioned on observations.

    Args:
        data: to learn from.
        choices: which columns have no order, shape [d].
        hyperparameters: as `fitted` returns them.
    """

    def __init__(self, data: Data, choices: NDArray[np.bool_], hyperparameters: Array) -> None:
        self._choices = choices
        self._hyper = hyperparameters
        self._condition(data)

    def believe(self, x: Array, prior: Array) -> None:
        """Take points that are being trained for as good as predicted at the horizon (the kriging believer,
        Ginsbourger et al. 2010), so that the next ones are looked for elsewhere.
        """
        mean, _ = self.predict(x, prior)
        pending = -1 - np.arange(len(x))
        self._condition(self.data.join(Data(x, np.ones(len(x)), pending, mean, prior)))

    def predict(self, x: Array, prior: Array) -> tuple[Array, Array]:
        """Return mean and standard deviation of the values at the horizon, shape [m] each."""
        cross = self._cross(x, prior)
        mean = cross @ self._alpha
        shape = np.exp(self._hyper[len(self._choices) :])
        own = (
            shape[1] + shape[2] + shape[3] + 2.0 + shape[5] * prior**2
        )  # 2: the constant, and t t' at the horizon
        solved = solve_triangular(self._factor, cross.T, lower=True, check_finite=False)
        return mean, np.sqrt(np.maximum(own - (solved**2).sum(axis=0), 1e-9))

    def mean(self, x: Array, prior: Array) -> Array:
        """Return the mean of the values at the horizon, shape [m]."""
        found: Array = self._cross(x, prior) @ self._alpha
        return found

    def _condition(self, data: Data) -> None:
        self.data = data
        covariance, noise = _covariance(data, self._choices, self._hyper)
        covariance.flat[:: len(data.y) + 1] += noise + JITTER
        self._factor = cholesky(covariance, lower=True, check_finite=False)
        solved = solve_triangular(self._factor, data.y, lower=True, check_finite=False)
        self._alpha = solve_triangular(self._factor, solved, lower=True, trans=1, check_finite=False)

    def _cross(self, x: Array, prior: Array) -> Array:
        columns = len(self._choices)
        time, shared, growth, _, _, slope = np.exp(self._hyper[columns:])
        squared = _scaled_distances(x, self.data.x, self._choices, np.exp(-self._hyper[:columns]))
        value = _matern(squared)
        over_time = _matern(((1.0 - self.data.time) / time) ** 2)
        common = 1.0 + self.data.time + slope * prior[:, None] * self.data.prior
        cross: Array = value * (shared + growth * over_time) + common
        return cross


class _Likelihood:
    """The negative log posterior of the hyperparameters, with its gradient; see Rasmussen and Williams 2006, 5.9."""

    def __init__(self, data: Data, choices: NDArray[np.bool_]) -> None:
        n, columns = data.x.shape
        self._columns = columns
        self._y = data.y
        self._distances = _distances(data.x, data.x, choices).reshape(columns, n * n)
        self._time = (data.time[:, None] - data.time) ** 2
        self._same = (data.trial[:, None] == data.trial).astype(float)
        self._prior = data.prior[:, None] * data.prior
        self._common = 1.0 + data.time[:, None] * data.time
        self._mean = initial(columns)
        self._deviation = np.concatenate([np.full(columns, LENGTH_DEVIATION), SHAPE_DEVIATION])

    def loss(self, hyper: Array) -> tuple[float, Array]:
        """Return the loss and its gradient."""
        n, columns = len(self._y), self._columns
        precision = np.exp(-2 * hyper[:columns])
        time, shared, growth, own, noise, slope = np.exp(hyper[columns:])
        value, falling = _matern_with_slope((precision @ self._distances).reshape(n, n))
        squared_time = self._time / time**2
        over_time, falling_time = _matern_with_slope(squared_time)
        over_epochs = shared + growth * over_time
        covariance = value * over_epochs + own * self._same + slope * self._prior + self._common
        covariance.flat[:: n + 1] += noise + JITTER
        factor, failed = lapack.dpotrf(covariance, lower=1, clean=1)
        if failed:
            return 1e10, np.zeros_like(hyper)
        inverse, _ = lapack.dpotri(factor, lower=1)
        inverse += np.tril(inverse, -1).T
        alpha = inverse @ self._y
        off = (hyper - self._mean) / self._deviation
        loss = 0.5 * self._y @ alpha + np.log(np.diag(factor)).sum() + 0.5 * off @ off
        weights = inverse - np.outer(alpha, alpha)
        weighted = weights * value
        pull = (weights * over_epochs * falling).ravel()
        gradient = np.concatenate(
            [
                precision * (self._distances @ pull),
                [
                    growth * (weighted * falling_time * squared_time).sum(),
                    shared * weighted.sum(),
                    growth * (weighted * over_time).sum(),
                    own * (weights * self._same).sum(),
                    noise * np.trace(weights),
                    slope * (weights * self._prior).sum(),
                ],
            ]
        )
        return float(loss), 0.5 * gradient + off / self._deviation


def _covariance(data: Data, choices: NDArray[np.bool_], hyper: Array) -> tuple[Array, float]:
    columns = len(choices)
    time, shared, growth, own, noise, slope = np.exp(hyper[columns:])
    squared = _scaled_distances(data.x, data.x, choices, np.exp(-hyper[:columns]))
    value = _matern(squared)
    over_time = _matern(((data.time[:, None] - data.time) / time) ** 2)
    same = data.trial[:, None] == data.trial
    common = 1.0 + data.time[:, None] * data.time + slope * data.prior[:, None] * data.prior
    return value * (shared + growth * over_time) + own * same + common, float(noise)


def _matern(squared: Array) -> Array:
    """Return the Matérn-5/2 kernel of squared scaled distances."""
    near, far = _matern_parts(squared)
    near += far
    return near


def _matern_with_slope(squared: Array) -> tuple[Array, Array]:
    """Return the kernel, and minus its derivative by half of the squared scaled distances."""
    near, far = _matern_parts(squared)
    return near + far, (5 / 3) * near


def _matern_parts(squared: Array) -> tuple[Array, Array]:
    # In place: an ask spends most of its time here, and half of that was in making arrays.
    scaled = np.sqrt(squared)
    scaled *= SQRT5
    fall = np.negative(scaled)
    np.exp(fall, out=fall)
    scaled += 1
    scaled *= fall
    far = squared * (5 / 3)
    far *= fall
    return scaled, far


def _distances(left: Array, right: Array, choices: NDArray[np.bool_]) -> Array:
    """Return squared distances of each column, shape [d, n, m]; 1 between different choices.

    An inactive parameter stands in the middle of its range: the parent that made it so sets the points apart.
    """
    a, b = np.nan_to_num(left, nan=0.5).T, np.nan_to_num(right, nan=0.5).T
    squared = (a[:, :, None] - b[:, None, :]) ** 2
    squared[choices] = squared[choices] > 0
    return squared


def _scaled_distances(left: Array, right: Array, choices: NDArray[np.bool_], scale: Array) -> Array:
    """Return squared distances over all columns, each times its scale, shape [n, m]."""
    a, b = np.nan_to_num(left, nan=0.5), np.nan_to_num(right, nan=0.5)
    ranges = ~choices
    p, q = a[:, ranges] * scale[ranges], b[:, ranges] * scale[ranges]
    squared = (p**2).sum(axis=1)[:, None] + (q**2).sum(axis=1) - 2 * p @ q.T
    for column in np.flatnonzero(choices):
        squared += scale[column] ** 2 * (a[:, column, None] != b[:, column])
    found: Array = np.maximum(squared, 0.0)
    return found


def _bounds(columns: int) -> tuple[Array, Array]:
    low = np.concatenate([np.full(columns, LENGTH_LOW), SHAPE_LOW])
    high = np.concatenate([np.full(columns, LENGTH_HIGH), SHAPE_HIGH])
    return low, high

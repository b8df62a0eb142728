"""The contour: kernel regression, against a loop over cells and trials."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dashboard.prepare.contour import LEAST_WEIGHT, contour
from dashboard.prepare.table import Parameter
from tests.dashboard.tables import make_table

RATE = Parameter("rate", "number", log=True, low=1e-4, high=1.0)
DROP = Parameter("drop", "number", low=0.0, high=0.5)
KIND = Parameter("kind", "choice", choices=("x", "y", "z"))


def random_table(trials: int = 60) -> tuple[object, np.ndarray]:
    rng = np.random.default_rng(0)
    points = {
        "rate": 10 ** rng.uniform(-4, 0, trials),
        "drop": rng.uniform(0, 0.5, trials),
        "kind": rng.choice(["x", "y"], trials),
    }
    values = rng.random(trials)
    return make_table((RATE, DROP, KIND), points, values), values


def test_the_surface_is_the_weighted_mean_of_the_trials_cell_by_cell() -> None:
    table, values = random_table()
    found = contour(table, values, "rate", "drop", cells=7)  # type: ignore[arg-type]
    logs = np.log10(table.points["rate"].to_numpy())  # type: ignore[attr-defined]
    drops = table.points["drop"].to_numpy()  # type: ignore[attr-defined]
    widths = [column.std() * 60 ** (-1 / 6) for column in (logs, drops)]
    for row in range(7):
        for column in range(7):
            x, y = -4 + (column + 0.5) * 4 / 7, (row + 0.5) * 0.5 / 7
            weights = [
                math.exp(-0.5 * (((a - x) / widths[0]) ** 2 + ((b - y) / widths[1]) ** 2))
                for a, b in zip(logs, drops, strict=True)
            ]
            expected = np.dot(weights, values) / sum(weights) if sum(weights) >= LEAST_WEIGHT else math.nan
            assert found.mean[row, column] == pytest.approx(expected, nan_ok=True)


def test_two_choices_give_the_mean_of_each_combination_and_nothing_where_there_is_none() -> None:
    other = Parameter("other", "choice", choices=("u", "v"))
    points = {"kind": ["x", "x", "y", "x"], "other": ["u", "u", "v", "v"]}
    values = np.array([0.1, 0.3, 0.7, 0.9])
    found = contour(make_table((KIND, other), points, values), values, "kind", "other")
    np.testing.assert_allclose(found.mean, [[0.2, np.nan, np.nan], [0.9, 0.7, np.nan]])


def test_a_number_over_a_choice_is_smoothed_within_each_choice() -> None:
    rate = 10 ** np.linspace(-4, 0, 40)
    points = {"rate": np.tile(rate, 2), "kind": ["x"] * 40 + ["y"] * 40}
    values = np.repeat([0.2, 0.8], 40)
    found = contour(make_table((RATE, KIND), points, values), values, "rate", "kind")
    assert np.nanmax(np.abs(found.mean[0] - 0.2)) < 1e-12
    assert np.nanmax(np.abs(found.mean[1] - 0.8)) < 1e-12
    assert np.isnan(found.mean[2]).all()


def test_trials_without_a_value_or_one_of_the_two_are_left_out() -> None:
    points = {"rate": [0.1, np.nan, 0.01, 0.001], "drop": [0.1, 0.2, 0.3, 0.4]}
    values = np.array([0.5, 0.5, np.nan, 0.5])
    found = contour(make_table((RATE, DROP), points, values), values, "rate", "drop")
    assert found.trials.tolist() == [0, 3]


def test_where_all_trials_share_a_value_there_is_still_a_surface() -> None:
    points = {"rate": [0.1] * 5, "drop": [0.25] * 5}
    values = np.linspace(0, 1, 5)
    found = contour(make_table((RATE, DROP), points, values), values, "rate", "drop")
    assert np.nanmax(found.mean) == pytest.approx(0.5)

"""Slices and the range that is shown."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.prepare.slices import limits, slice_of
from dashboard.prepare.table import Parameter
from tests.dashboard.tables import make_table

RATE = Parameter("rate", "number", log=True, low=1e-4, high=1.0)
KIND = Parameter("kind", "choice", choices=("x", "y", "z"))


def test_every_trial_is_a_point_of_its_status_and_those_without_the_parameter_are_counted() -> None:
    points = {"rate": [0.1, 0.01, np.nan, 0.001], "kind": ["x", "y", "x", "y"]}
    values = np.array([0.1, 0.2, 0.3, 0.4])
    status = ["completed", "stopped", "completed", "stopped"]
    found = slice_of(make_table((RATE, KIND), points, values, status=status), values, "rate")
    assert found is not None
    assert found.unused == 1
    assert {one: frame["trial"].tolist() for one, frame in found.points.items()} == {
        "completed": [0],
        "stopped": [1, 3],
    }
    assert found.points["stopped"]["x"].tolist() == [0.01, 0.001]


def test_trials_of_one_choice_stay_nearer_to_it_than_to_the_next() -> None:
    kinds = np.array(["x", "y", "z"] * 100)
    values = np.random.default_rng(0).random(300)
    found = slice_of(make_table((KIND,), {"kind": kinds}, values), values, "kind")
    assert found is not None
    frame = found.points["completed"]
    assert (np.rint(frame["x"]) == [("x", "y", "z").index(kinds[number]) for number in frame["trial"]]).all()
    np.testing.assert_allclose(found.effect.means, [values[kinds == kind].mean() for kind in "xyz"])


def test_means_of_a_logarithmic_number_lie_in_the_middle_of_their_group_as_it_is_drawn() -> None:
    rate = 10 ** np.linspace(-4, 0, 160)
    found = slice_of(make_table((RATE,), {"rate": rate}, rate), rate, "rate")
    assert found is not None
    groups = np.log10(rate).reshape(8, 20)
    np.testing.assert_allclose(np.log10(found.middles), groups.mean(axis=1), atol=0.05)


def test_a_parameter_that_no_trial_uses_has_no_slice() -> None:
    values = np.array([0.1, 0.2])
    assert slice_of(make_table((RATE,), {"rate": [np.nan, np.nan]}, values), values, "rate") is None


def test_one_diverged_value_does_not_press_the_others_into_a_line_and_is_counted() -> None:
    found = limits(np.array([0.5, 0.6, 0.7, 0.8, 1e9, np.nan]))
    assert found.outside == 1
    assert found.low == pytest.approx(0.488)
    assert found.high == pytest.approx(0.812)


@pytest.mark.parametrize("values", [[], [np.nan], [0.5], [0.5, 0.5]])
def test_the_range_is_never_empty(values: list[float]) -> None:
    found = limits(np.array(values, dtype=np.float64))
    assert found.low < found.high
    assert found.outside == 0

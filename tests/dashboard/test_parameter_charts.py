"""The charts of the page of parameters: what they draw is what was prepared, in any theme."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.charts.contour_chart import contour_chart
from dashboard.charts.importance_chart import importance_chart
from dashboard.charts.palette import DARK, LIGHT
from dashboard.charts.slice_chart import slice_chart
from dashboard.prepare.contour import contour
from dashboard.prepare.importance import Shares
from dashboard.prepare.slices import limits, slice_of
from dashboard.prepare.table import Parameter
from tests.dashboard.tables import make_table

RATE = Parameter("rate", "number", log=True, low=1e-4, high=1.0)
KIND = Parameter("kind", "choice", choices=("x", "y"))


def lightness(color: str) -> float:
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return 0.3 * red + 0.6 * green + 0.1 * blue


@settings(deadline=None)
@given(st.integers(0, 10_000), st.booleans(), st.booleans())
def test_every_cell_has_one_band_and_the_best_is_furthest_from_the_background(
    seed: int, maximize: bool, dark: bool
) -> None:
    rng = np.random.default_rng(seed)
    points = {"rate": 10 ** rng.uniform(-4, 0, 30), "kind": rng.choice(["x", "y"], 30)}
    values = rng.random(30) * 10 ** rng.uniform(-3, 3)
    surface = contour(make_table((RATE, KIND), points, values), values, "rate", "kind")
    made = contour_chart(surface, maximize=maximize, palette=DARK if dark else LIGHT, dark=dark)
    pieces = made["visualMap"]["pieces"]
    ends = [(piece.get("gt", -np.inf), piece.get("lte", np.inf)) for piece in pieces]
    for value in made["dataset"][0]["source"]["value"]:
        assert sum(low < value <= high for low, high in ends) == 1
    shades = [lightness(piece["color"]) for piece in pieces]
    best, worst = (shades[0], shades[-1]) if maximize else (shades[-1], shades[0])
    assert (best > worst) == dark


@pytest.mark.parametrize("parameter", [RATE, KIND])
def test_a_slice_has_a_series_for_each_status_with_a_sign_of_its_own(parameter: Parameter) -> None:
    points = {"rate": 10 ** np.linspace(-4, 0, 40), "kind": ["x", "y"] * 20}
    values = np.linspace(0, 1, 40)
    status = ["completed"] * 20 + ["stopped"] * 20
    table = make_table((RATE, KIND), points, values, status=status)
    one = slice_of(table, values, parameter.name)
    assert one is not None
    made = slice_chart(one, limits(values), metric="val/accuracy", palette=LIGHT)
    scatter = [series for series in made["series"] if series["type"] == "scatter"]
    assert [series["name"] for series in scatter] == ["completed", "stopped early"]
    assert len({series["symbol"] for series in scatter}) == 2, "not by color alone"
    assert made["xAxis"][0]["type"] == ("log" if parameter.log else "category")
    drawn = sum(len(made["dataset"][series["datasetIndex"]]["source"]["x"]) for series in scatter)
    assert drawn == 40


def test_a_parameter_that_a_method_leaves_out_has_no_bar() -> None:
    methods = [("PED-ANOVA", Shares({"a": 0.9, "b": 0.1}, 1, 20)), ("fANOVA", Shares({"a": 1.0}, 1, 20))]
    made = importance_chart(["a", "b"], methods, palette=LIGHT)
    assert made["dataset"][0]["source"] == {
        "parameter": ["b", "a"],
        "PED-ANOVA": [0.1, 0.9],
        "fANOVA": [None, 1.0],
    }

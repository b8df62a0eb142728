"""Parallel coordinates: order and brushes travel as text, and what is drawn is what the table says."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.prepare.filters import Choice, Filters, Range
from dashboard.prepare.parallel import (
    arranged,
    arrangement,
    brushed,
    brushes,
    colors,
    columns,
    elsewhere,
    known_axes,
    legend,
    order,
)
from dashboard.prepare.table import Parameter, axis
from search.plan.domain import Float, Int
from search.plan.parameter import Parameter as Searched
from tests.dashboard.tables import make_table

RATE = Parameter("rate", "number", log=True, low=1e-3, high=1.0)
KIND = Parameter("-a,kind", "choice", choices=("x", "y"))
TABLE = make_table(
    (RATE, KIND),
    {"rate": [0.1, 0.01, np.nan, 2.0, 0.5], "-a,kind": ["x", None, "y", "x", "y"]},
    [[0.5], [0.9], [0.7], [np.nan], [0.1]],
    status=["completed", "stopped", "completed", "failed", "rejected"],
)
KNOWN = known_axes(TABLE)


def test_axes_span_the_space_and_what_was_tried_outside_of_it() -> None:
    assert list(KNOWN) == ["rate", "-a,kind", "score", "epochs", "seconds"]
    assert (KNOWN["rate"].low, KNOWN["rate"].high, KNOWN["rate"].log) == (1e-3, 2.0, True)
    assert (KNOWN["score"].low, KNOWN["score"].high, KNOWN["score"].title) == (0.1, 0.9, "val/accuracy")
    assert KNOWN["-a,kind"].choices == ("x", "y")


def test_axes_of_whole_numbers_know_it() -> None:
    layers = axis(Searched("layers", Int(1, 4), {}))
    width = axis(Searched("width", Float(1.0, 4.0), {}))
    known = known_axes(make_table((layers, width), {"layers": [1, 2], "width": [1.5, 2]}, [[0.5], [0.9]]))
    assert [name for name, one in known.items() if one.whole] == ["layers", "epochs"]


def test_without_an_order_all_parameters_and_the_score_are_shown() -> None:
    assert [axis.name for axis in arranged(KNOWN, "")] == ["rate", "-a,kind", "score"]
    assert arrangement(KNOWN, [("rate", False), ("-a,kind", False), ("score", False)]) == ""


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(KNOWN)), st.booleans()), min_size=1, unique_by=lambda one: one[0]
    )
)
def test_an_order_with_flips_is_read_as_it_was_written(wanted: list[tuple[str, bool]]) -> None:
    found = arranged(KNOWN, arrangement(KNOWN, wanted))
    assert [(axis.name, axis.flip) for axis in found] == wanted


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_in_the_url_is_an_order(text: str) -> None:
    assert arranged(KNOWN, text)


def test_the_columns_hold_every_trial_that_was_trained_the_best_last() -> None:
    axes = arranged(KNOWN, "rate,%2Da%2Ckind,score,seconds")
    found = columns(TABLE, axes, "rate:..0.2").to_pydict()
    np.testing.assert_allclose(found["3"], [3, 0, 2, 1])
    np.testing.assert_allclose(found["0"], np.float32([2, 0.1, np.nan, 0.01]))
    np.testing.assert_allclose(found["1"], [0, 0, 1, np.nan])
    np.testing.assert_allclose(found["2"], np.float32([np.nan, 0.5, 0.7, 0.9]))
    assert found["shown"] == [0, 1, 0, 1], "hidden by a condition that is not a brush"
    assert math.isnan(found["color"][0]), "no score, no color"


def test_colors_go_from_the_worst_to_the_best_also_where_lower_is_better() -> None:
    values = np.linspace(0, 1, 11)
    low, high = legend(make_table((), {}, values))
    assert (low, high) == (pytest.approx(0.1), 1.0)
    np.testing.assert_allclose(
        colors(make_table((), {}, values)), np.clip((values - 0.1) / 0.9, 0, 1), atol=1e-6
    )
    mirrored = make_table((), {}, -values, maximize=False)
    np.testing.assert_allclose(colors(mirrored), colors(make_table((), {}, values)), atol=1e-6)


def test_a_condition_on_a_shown_axis_is_its_brush_and_any_other_stays_a_condition() -> None:
    axes = arranged(KNOWN, "rate,%2Da%2Ckind")
    filters = Filters(
        {
            "rate": Range(high=0.1),
            "-a,kind": Choice(("x",)),
            "score": Range(0.5),
            "status": Choice(("failed",)),
        }
    )
    assert brushes(axes, filters) == {"rate": [None, 0.1], "-a,kind": ["x"]}
    assert list(dict(elsewhere(axes, filters))) == ["score", "status"]


def test_brushes_become_the_filter_that_they_came_from() -> None:
    axes = arranged(KNOWN, "rate,%2Da%2Ckind,score")
    filters = Filters({"status": Choice(("failed",)), "rate": Range(0.01, 0.1), "-a,kind": Choice(("y",))})
    assert brushed(KNOWN, elsewhere(axes, filters), brushes(axes, filters)) == filters


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        "x",
        {"rate": 3},
        {"rate": [1]},
        {"rate": ["a", "b"]},
        {"nobody": [0, 1]},
        {"-a,kind": ["unknown"]},
    ],
)
def test_what_cannot_be_a_brush_is_left_out(told: Any) -> None:
    assert not brushed(KNOWN, Filters(), told)


@pytest.mark.parametrize("told", [None, "x", [1], [["rate"]], [[["rate"], 1, 2]]])
def test_what_cannot_be_an_order_is_left_out(told: Any) -> None:
    assert arrangement(KNOWN, order(told)) == ""

"""The charts of a search: what is drawn, with which columns; ECharts draws what these say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dashboard.charts.chosen import mark
from dashboard.charts.curves_chart import FAINT, FAINTEST, Chosen, Look, curves_chart, opacity, width
from dashboard.charts.palette import DARK, LIGHT
from dashboard.charts.rungs_chart import MOST_DOTS, rungs_chart, strips
from dashboard.charts.staircase_chart import BEST, staircase_chart
from dashboard.prepare import curves
from dashboard.prepare.rungs import ladder
from dashboard.prepare.staircase import Ends, Staircase
from tests.dashboard.records import run
from tests.dashboard.test_rungs import VALUES, asha

STEPS = np.array([1.0, 2.0])
MADE = np.array([[0.5, 0.7], [0.4, np.nan]])


def look(**more: object) -> Look:
    made: dict[str, object] = {"metric": "val/accuracy", "against": "epoch", "rungs": (1,), "palette": LIGHT}
    return Look(**{**made, **more})  # type: ignore[arg-type]


def lines() -> dict[str, curves.Line]:
    return curves.by_status(STEPS, MADE, ["completed", "stopped"], np.ones(2, dtype=bool))  # type: ignore[return-value]


def test_each_status_is_one_series_and_each_chosen_trial_one_of_its_own() -> None:
    line = curves.joined(STEPS[None], MADE[:1], np.array([0]))
    options = curves_chart(lines(), [Chosen("trial 0", line, raw=line)], None, look())  # type: ignore[arg-type]
    names = [series["name"] for series in options["series"]]
    assert names == ["stopped early", "completed", "trial 0", "trial 0"]
    assert [series["datasetIndex"] for series in options["series"]] == [0, 1, 2, 3]
    assert options["series"][-1]["markLine"]["data"][0]["xAxis"] == 1
    assert options["legend"]["data"] == ["stopped early", "completed", "trial 0"]


def test_bands_fill_from_one_percentile_to_the_other() -> None:
    made = curves.bands(STEPS, MADE)
    options = curves_chart(lines(), [], made, look())  # type: ignore[arg-type]
    columns = options["dataset"][2]["source"]
    np.testing.assert_allclose(columns["p10"] + columns["to 90"], made.levels[4])
    np.testing.assert_allclose(columns["p25"] + columns["to 75"], made.levels[3])
    stacked = [series for series in options["series"] if "stack" in series]
    assert [series["stack"] for series in stacked] == ["10 to 90 % of trials"] * 2 + [
        "25 to 75 % of trials"
    ] * 2


@pytest.mark.parametrize("more", [{"against": "trial time"}, {"rungs": tuple(range(1, 50))}])
def test_rungs_are_marked_where_they_have_a_place_and_are_few(more: dict[str, object]) -> None:
    options = curves_chart(lines(), [], None, look(**more))  # type: ignore[arg-type]
    assert options["series"][-1]["markLine"]["data"] == []


def test_a_close_up_ends_the_axis_where_it_is_told_to() -> None:
    seen = curves_chart(lines(), [], None, look(values=(0.5, 0.9)))["yAxis"]  # type: ignore[arg-type]
    assert (seen["min"], seen["max"]) == (0.5, 0.9)
    seen = curves_chart(lines(), [], None, look())["yAxis"]  # type: ignore[arg-type]
    assert (seen["min"], seen["max"]) == (None, None)


def test_a_log_scale_is_an_axis_of_its_own_type() -> None:
    assert curves_chart(lines(), [], None, look(log=True))["yAxis"]["type"] == "log"  # type: ignore[arg-type]


def test_many_curves_are_fainter_than_few() -> None:
    assert opacity(5) == FAINT
    assert opacity(5000) == FAINTEST
    assert FAINTEST < opacity(60) < FAINT
    assert width(5) > width(100) > width(2000) == width(5000)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_twenty_chosen_trials_are_told_apart(palette: object) -> None:
    assert len({mark(index, palette) for index in range(20)}) == 20  # type: ignore[arg-type]


def test_the_staircase_and_the_ends_of_trials_share_one_table() -> None:
    ends = Ends(np.array([7]), np.array([45.0]), np.array([2]), np.array([0.8]))
    stairs = Staircase(np.array([30.0, 60.0]), np.array([1, 2]), np.array([0.5, 0.8]), {"completed": ends})
    options = staircase_chart(
        stairs, against="minutes", metric="m", maximize=True, leader=0.8, end=0.4, palette=LIGHT
    )
    (dataset,) = options["dataset"]
    columns = dataset["source"]
    assert columns["x"].tolist() == [0.5, 1.0, 1.0, 0.75], (
        "the last step ends where it stands, not at the next row"
    )
    np.testing.assert_array_equal(columns[BEST], [0.5, 0.8, np.nan, np.nan])
    np.testing.assert_array_equal(columns["completed"], [np.nan, np.nan, np.nan, 0.8])
    assert columns["trial"].tolist() == [-1, -1, -1, 7]
    assert options["yAxis"]["min"] == 0.4
    assert "max" not in options["yAxis"]


def test_in_a_strip_trials_stand_in_the_order_of_their_arrival() -> None:
    places = strips(np.array([1, 1, 1, 1, 9, 9]))
    assert (np.diff(places) > 0).all()
    assert np.floor(places).tolist() == [0, 0, 0, 0, 1, 1]
    assert places[4] == pytest.approx(1 + 0.06 + 0.88 / 4)


def test_the_ladder_draws_each_fate_and_both_cut_offs(tmp_path: Path) -> None:
    arrivals = ladder(run(tmp_path / "run", asha(VALUES))).arrivals
    options = rungs_chart(arrivals, metric="m", view=(0.2, None), palette=LIGHT)
    names = [series["name"] for series in options["series"]]
    assert names == ["cut-off then", "cut-off now", "went on", "stopped"]
    then = options["dataset"][0]["source"]
    assert np.isnan(then["x"]).sum() == 2, "a gap before each rung"
    dots = sum(len(one["source"]["x"]) for one in options["dataset"][2:])
    assert dots == len(arrivals)
    assert options["xAxis"][1]["data"] == ["epoch 1", "epoch 3"]
    assert options["dataZoom"][0]["startValue"] == 0.2


def test_a_ladder_of_very_many_trials_is_thinned(tmp_path: Path) -> None:
    arrivals = ladder(run(tmp_path / "run", asha(VALUES))).arrivals
    many = arrivals.loc[arrivals.index.repeat(5000)].sort_values(["rung", "standing"], ignore_index=True)
    options = rungs_chart(many, metric="m", view=(None, None), palette=DARK)
    assert sum(len(one["source"]["x"]) for one in options["dataset"][2:]) <= MOST_DOTS

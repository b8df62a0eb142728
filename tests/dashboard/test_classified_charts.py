"""Charts of single trials: every point of the data is in the options, under the names that the options ask for."""

from __future__ import annotations

import math

import pytest

from dashboard.charts.confusion_chart import RAMP, confusion_chart
from dashboard.charts.palette import DARK, LIGHT, Palette
from dashboard.charts.scalar_chart import overlay_chart, scalar_chart
from dashboard.prepare.answers import cells
from tests.dashboard.test_answers import answered


def lightness(color: str) -> float:
    """Return the relative luminance of `#rrggbb` (WCAG 2.2)."""
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_the_heat_map_has_a_cell_for_each_pair_of_classes_and_shades_by_its_fourth_column(
    palette: Palette,
) -> None:
    options = confusion_chart(cells(answered(), shares=False), unit="images", palette=palette)
    source = options["dataset"][0]["source"]
    assert len(source) == 16
    assert list(source.columns)[options["visualMap"]["dimension"]] == "shade"
    assert set(options["series"][0]["encode"].values()) <= set(source.columns)
    assert options["yAxis"]["inverse"], "the first class is at the top, as in a table"


@pytest.mark.parametrize("ramp", RAMP.values())
def test_more_images_are_told_from_fewer_by_lightness_alone(ramp: tuple[str, ...]) -> None:
    steps = [lightness(color) for color in ramp]
    assert steps in (sorted(steps), sorted(steps, reverse=True))
    assert (max(steps) + 0.05) / (min(steps) + 0.05) > 4.5


def test_numbers_are_left_out_where_cells_are_too_small_for_them() -> None:
    found = cells(answered(), shares=False)
    many = type(found)(found.columns, tuple(map(str, range(21))), 0)
    assert confusion_chart(found, unit="images", palette=LIGHT)["series"][0]["label"]["show"]
    assert not confusion_chart(many, unit="images", palette=LIGHT)["series"][0]["label"]["show"]


def test_a_curve_of_one_epoch_is_a_dot() -> None:
    options = scalar_chart({1: 0.5}, color="#000000", epochs=9)
    assert options["series"][0]["showSymbol"]
    assert options["xAxis"]["max"] == 9
    assert not scalar_chart(dict.fromkeys(range(100), 0.5), color="#000000", epochs=None)["series"][0][
        "showSymbol"
    ]


def test_trials_are_overlaid_each_in_its_own_color_with_the_common_epoch_marked() -> None:
    curves = {3: {1: 0.5, 2: math.nan}, 17: {1: 0.6}}
    options = overlay_chart(curves, metric="val/accuracy", common=1, epochs=9, palette=LIGHT)
    assert [series["name"] for series in options["series"]] == ["trial 3", "trial 17"]
    assert len({series["color"] for series in options["series"]}) == 2
    assert options["series"][0]["markLine"]["data"][0]["xAxis"] == 1
    assert options["dataset"][1]["source"] == {"epoch": [1], "value": [0.6]}


def test_without_a_common_epoch_nothing_is_marked() -> None:
    options = overlay_chart({3: {}}, metric="m", common=None, epochs=None, palette=DARK)
    assert "markLine" not in options["series"][0]

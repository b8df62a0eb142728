"""The browser's part of parallel coordinates, run in Chromium without a server: scales, brushes, gestures, keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from dashboard.components.parallel import script, style
from dashboard.prepare.filters import Filters
from dashboard.prepare.parallel import arranged, brushed, columns, known_axes
from dashboard.prepare.table import Parameter, Table
from tests.dashboard.tables import make_table

RATE = Parameter("rate", "number", log=True, low=1e-4, high=1.0)
KIND = Parameter("kind", "choice", choices=("x", "y", "z"))
DROP = Parameter("drop", "number", low=0.0, high=0.5)
TRIALS = 300

MOUNT = """
({script, style, data}) => {
  document.body.innerHTML = `<style>${style}</style><main style="width: 900px"></main>`;
  window.told = [];
  const source = script.replace("export default function", "window.mount = function");
  (0, eval)(source + "\\nwindow.place = place; window.ticks = ticks; window.numberAt = numberAt;");
  const table = { getChild: (name) => ({ toArray: () => data.columns[name].map((v) => (v === null ? NaN : v)) }) };
  for (const name of Object.keys(data.columns)) {
    const values = data.columns[name].map((v) => (v === null ? NaN : v));
    data.columns[name] = name === "shown" ? Uint8Array.from(values) : Float32Array.from(values);
  }
  table.getChild = (name) => ({ toArray: () => data.columns[name] });
  window.draw = (more) => window.mount({
    data: { ...data, columns: table, ...more },
    parentElement: document.querySelector("main"),
    setStateValue: (name, value) => window.told.push(value),
  });
  window.draw({});
  window.view = document.querySelector(".parallel").view;
}
"""


@pytest.fixture(scope="module")
def browser_page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1000, "height": 700})
    yield context.new_page()
    context.close()


def random_table() -> Table:
    rng = np.random.default_rng(0)
    points = {
        "rate": 10 ** rng.uniform(-4, 0, TRIALS),
        "kind": rng.choice(["x", "y", "z"], TRIALS),
        "drop": np.where(rng.random(TRIALS) < 0.3, np.nan, rng.uniform(0, 0.5, TRIALS)),
    }
    return make_table((RATE, KIND, DROP), points, rng.random(TRIALS))


TABLE = random_table()
KNOWN = known_axes(TABLE)


@pytest.fixture
def page(browser_page: Page) -> Page:
    """Return a page with the canvas of 300 trials on the axes rate, kind, drop and score."""
    axes = arranged(KNOWN, "")
    drawn = columns(TABLE, axes, "").to_pydict()
    data = {
        "axes": [{**vars(axis), "fact": axis.name == "score"} for axis in axes],
        "columns": {k: [None if np.isnan(v) else v for v in column] for k, column in drawn.items()},
        "brushes": {},
        "legend": {"title": "val/accuracy", "ends": [0, 1]},
        "answered": 0,
    }
    browser_page.evaluate(MOUNT, {"script": script(), "style": style(), "data": data})
    return browser_page


def drag(page: Page, axis: str, start: float, end: float) -> None:
    box = page.evaluate(
        """(name) => { const v = window.view; const r = v.svg.getBoundingClientRect();
        const n = v.axes.findIndex((a) => a.name === name); const { top, bottom } = v.layout;
        return { x: r.left + v.layout.xs[n], bottom: r.top + bottom, height: bottom - top }; }""",
        axis,
    )
    page.mouse.move(box["x"], box["bottom"] - start * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"], box["bottom"] - (start + end) / 2 * box["height"])
    page.mouse.move(box["x"], box["bottom"] - end * box["height"])
    page.mouse.up()


def last(page: Page) -> Any:
    return page.evaluate("window.told.at(-1)")


def count(page: Page) -> int:
    page.wait_for_function("!window.view.frame")
    return int(page.inner_text("[role=status]").split(" ", maxsplit=1)[0])


def counted(page: Page) -> int:
    """Return how many trials Python lets through by what the canvas told last."""
    return int(brushed(KNOWN, Filters(), last(page)["brushes"]).mask(TABLE).sum())


def test_numbers_come_back_from_their_places(page: Page) -> None:
    found = page.evaluate(
        """() => [{ kind: "number", log: true, low: 1e-4, high: 1 }, { kind: "number", low: -2, high: 6, flip: true }]
        .map((axis) => [0, 0.1, 0.25, 0.5, 0.77, 1].map((at) => place(axis, numberAt(axis, at)))).flat()"""
    )
    np.testing.assert_allclose(found, [0, 0.1, 0.25, 0.5, 0.77, 1] * 2, atol=2e-3)


def test_ticks_of_a_logarithmic_axis_are_powers_of_ten_that_do_not_touch(page: Page) -> None:
    found = page.evaluate("ticks({ kind: 'number', log: true, low: 3e-4, high: 0.3 }, 300)")
    assert {"0.001", "0.01", "0.1"} <= {tick["text"] for tick in found}
    places = sorted(tick["at"] for tick in found)
    assert min(np.diff(places)) * 300 >= 15
    many = page.evaluate("ticks({ kind: 'number', log: true, low: 1e-12, high: 1e6 }, 120)")
    assert min(np.diff(sorted(tick["at"] for tick in many))) * 120 >= 15


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(("low", "high"), [(1, 2), (1, 3), (2.5, 3.5), (3, 40), (1, 1000)])
def test_ticks_of_whole_numbers_are_whole_numbers(page: Page, log: bool, low: float, high: float) -> None:
    """Between 1 and 2 layers there is no 1.5; where all trials had 3, the axis ends at 2.5 and 3.5."""
    axis = {"kind": "number", "log": log, "low": low, "high": high, "whole": True}
    for pixels in (120, 600):
        found = page.evaluate("([axis, pixels]) => ticks(axis, pixels)", [axis, pixels])
        values = sorted(float(tick["text"]) for tick in found)
        assert all(value.is_integer() and low <= value <= high for value in values)
        assert (values[0], values[-1]) == (np.ceil(low), np.floor(high))
        assert len(set(values)) == len(values)


def test_a_brush_lets_through_what_the_filter_of_python_lets_through(page: Page) -> None:
    drag(page, "rate", 0.2, 0.7)
    assert 0 < count(page) < TRIALS
    assert count(page) == counted(page)
    drag(page, "score", 0.4, 1.1)
    assert last(page)["brushes"]["score"][1] is None, "over the end of the axis it is open"
    drag(page, "kind", 0.1, 0.5)
    assert last(page)["brushes"]["kind"] == ["x", "y"]
    drag(page, "drop", -0.01, 1.1)
    assert last(page)["brushes"]["drop"] == [None, None]
    assert 0 < count(page) == counted(page)


def test_a_brush_is_moved_resized_and_cleared(page: Page) -> None:
    drag(page, "drop", 0.2, 0.4)
    assert last(page)["brushes"]["drop"] == [pytest.approx(0.1, abs=0.005), pytest.approx(0.2, abs=0.005)]
    drag(page, "drop", 0.3, 0.5)
    assert last(page)["brushes"]["drop"] == [pytest.approx(0.2, abs=0.005), pytest.approx(0.3, abs=0.005)]
    drag(page, "drop", 0.6, 0.9)
    assert last(page)["brushes"]["drop"] == [pytest.approx(0.2, abs=0.005), pytest.approx(0.45, abs=0.005)]
    drag(page, "drop", 0.7, 0.7)
    assert last(page)["brushes"] == {}
    assert count(page) == TRIALS


def test_a_choice_is_brushed_by_a_click_and_by_the_keyboard(page: Page) -> None:
    page.get_by_role("checkbox", name="kind: y").click()
    assert last(page)["brushes"] == {"kind": ["y"]}
    page.get_by_role("checkbox", name="kind: z").focus()
    page.keyboard.press("Space")
    page.wait_for_function("window.told.length === 2")
    assert last(page)["brushes"] == {"kind": ["y", "z"]}
    assert count(page) == counted(page)
    page.keyboard.press("Escape")
    page.wait_for_function("window.told.length === 3")
    assert last(page)["brushes"] == {}


def test_the_arrow_keys_move_the_ends_of_a_brush_and_escape_clears_it(page: Page) -> None:
    page.get_by_role("slider", name="drop, lower end").focus()
    for key in ("ArrowUp", "ArrowUp", "PageUp", "ArrowDown"):
        page.keyboard.press(key)
    page.wait_for_function("window.told.length === 1")
    assert last(page)["brushes"] == {"drop": [pytest.approx(0.5 * 0.11, abs=2e-3), None]}
    assert page.get_by_role("slider", name="drop, lower end").get_attribute("aria-valuenow") == "0.055"
    page.keyboard.press("Escape")
    page.wait_for_function("window.told.length === 2")
    assert last(page)["brushes"] == {}


def test_axes_are_reordered_and_turned_over_by_pointer_and_keyboard(page: Page) -> None:
    page.get_by_role("button", name="rate, axis 1").drag_to(page.get_by_role("button", name="drop, axis 3"))
    page.wait_for_function("window.told.length === 1")
    assert [name for name, _ in last(page)["order"]] == ["kind", "drop", "rate", "score"]
    page.get_by_role("button", name="rate, axis 3").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.wait_for_function("window.told.length === 2")
    assert last(page)["order"] == [["kind", False], ["rate", True], ["drop", False], ["score", False]]
    drag(page, "rate", 0.2, 0.7)
    assert 0 < count(page) == counted(page), "a brush on an axis that is upside down"


def test_an_answer_that_is_older_than_the_last_brush_does_not_undo_it(page: Page) -> None:
    drag(page, "drop", 0.2, 0.4)
    drag(page, "rate", 0.2, 0.4)
    both = last(page)
    page.evaluate("window.draw({ answered: 1, brushes: { drop: [0.1, 0.2] } })")
    assert page.evaluate("[...window.view.brushes.keys()].sort()") == ["drop", "rate"]
    page.evaluate("(told) => window.draw({ answered: 2, brushes: told.brushes })", both)
    page.evaluate("window.draw({ answered: 2, brushes: {} })")
    assert count(page) == TRIALS, "the filter was taken away elsewhere"

"""From the end of a brush on the parallel coordinates to the views below, filtered."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable

from playwright.sync_api import Page

from benchmarks.dashboards.browser import drawn
from benchmarks.dashboards.pages import STREAMLIT

HEADING = re.compile(r"The best \d+ of ([\d,]+)")
"""Of the table below the canvas, which shows filtered trials."""


def brush(fresh: Callable[[], Page], address: str, run: str, *, rounds: int) -> str:
    """Brush an axis several times and return a row of the table.

    Args:
        fresh: opens a page.
        address: of the dashboard.
        run: its name.
        rounds: brushes.
    """
    page = fresh()
    drawn(page, f"{address}/parallel?run={run}", STREAMLIT)
    times = [_once(page) for _ in range(rounds + 1)][1:]
    page.context.close()
    middle = f"{statistics.median(times):.2f} ({min(times):.2f} to {max(times):.2f})"
    return f"| Winnow: a brush to filtered table and curves | – | {middle} |"


def _once(page: Page) -> float:
    """Brush half an axis; return the seconds until all below is drawn. Afterwards the brush is cleared."""
    axis = page.locator("[data-axis='learning_rate'] .hit").bounding_box()
    assert axis is not None
    x, y, height = axis["x"] + axis["width"] / 2, axis["y"], axis["height"]
    everything = _shown(page)
    page.mouse.move(x, y + 0.1 * height)
    page.mouse.down()
    page.mouse.move(x, y + 0.6 * height, steps=5)
    page.mouse.up()
    began = page.evaluate("performance.now()")
    page.wait_for_function(CHANGED, arg=everything, timeout=30_000, polling=20)
    _quiet(page)
    seconds: float = (page.evaluate("window.__last") - began) / 1000
    page.get_by_role("button", name="Clear brushes").click()
    page.wait_for_function(f"(was) => !({CHANGED})(was)", arg=everything, timeout=30_000, polling=20)
    _quiet(page)
    return seconds


CHANGED = "(was) => (document.body.innerText.match(/The best \\d+ of ([\\d,]+)/) || ['', was])[1] !== was"


def _quiet(page: Page) -> None:
    page.wait_for_function("performance.now() - window.__last > 1000", timeout=30_000, polling=50)


def _shown(page: Page) -> str:
    found = HEADING.search(page.inner_text('[data-testid="stMain"]'))
    return found[1] if found else ""

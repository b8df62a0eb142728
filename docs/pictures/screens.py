"""Takes dashboard.png and the pictures of the dashboard's tour: its pages over finished runs, in a real Chromium.

    python -m search.run --space digits.yaml
    python -m search.confirm runs/digits --top 3
    python -m search.resume runs/digits --trials +3
    python -m search.export runs/digits
    python -m docs.pictures.screens runs/digits --trials 18,29 --filter "score:0.98.." --image seven.png

The run is shown under its own path, and all runs beside it on the page of runs. Trials are the two that are compared;
the filter is what stands in the URL of the parallel coordinates once an axis is brushed; the image is dropped on the
page of the winner.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.dashboards.browser import CHROMIUM, HEIGHT, WIDTH
from benchmarks.dashboards.pages import STREAMLIT
from benchmarks.dashboards.servers import winnow

HERE = Path(__file__).parent
TOUR = HERE / "dashboard"
PHONE = (390, 844)
GAP = 16
"""Pixels between the four pages."""

FOUR = 1600
"""Pixels, the width of the picture of four pages."""

DIGITS = "digits.yaml, comes with Winnow"
COLORS = 128
"""Of a palette: the pictures have half the bytes, and no eye sees it."""


def _as_it_is(_: Page) -> None:
    """Do nothing to a page."""


@dataclass(frozen=True)
class Shot:
    """A page of the tour: its path, from which text on it is shown (empty: from its top), and how."""

    path: str
    text: str = ""
    scheme: Literal["light", "dark"] = "light"
    size: tuple[int, int] = (WIDTH, HEIGHT)
    scale: float = 1.0
    first: Callable[[Page], None] = _as_it_is


def main() -> None:
    """Take the pictures."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("run", type=Path)
    words.add_argument("--trials", required=True)
    words.add_argument("--filter", required=True)
    words.add_argument("--image", type=Path, required=True)
    words.add_argument(
        "--only", nargs="+", metavar="NAME", help="these pictures of the tour, not dashboard.png"
    )
    asked = words.parse_args()
    run, trials = f"run={quote(asked.run.name)}", f"trials={asked.trials}"
    brushed = f"parallel?{run}&filter={quote(asked.filter)}"

    def drop(page: Page) -> None:
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(str(asked.image))
        page.get_by_role("button", name="Classify").click()
        page.get_by_test_id("stMain").locator("img").first.wait_for(timeout=120_000)

    def checked(page: Page) -> None:
        page.get_by_text("The space is in order").wait_for(timeout=120_000)

    tour = {
        "runs": Shot(""),
        "overview": Shot(f"overview?{run}", size=PHONE, scale=1.5),
        "leaderboard": Shot(f"leaderboard?{run}"),
        "curves": Shot(f"curves?{run}&{trials}", scheme="dark"),
        "parallel": Shot(brushed, scheme="dark"),
        "parameters": Shot(f"parameters?{run}"),
        "rungs": Shot(f"rungs?{run}"),
        "compare": Shot(f"compare?{run}&{trials}", text="both get"),
        "trial": Shot(f"trial?{run}&{trials}", text="On the validation images"),
        "winner": Shot(f"winner?{run}", size=PHONE),
        "confirmation": Shot(f"winner?{run}", size=(WIDTH, 1100)),
        "try": Shot(f"winner?{run}", text="Try it", scheme="dark", size=(WIDTH, 1100), first=drop),
        "timeline": Shot(f"timeline?{run}", scheme="dark"),
        "new": Shot(f"new?space={quote(DIGITS)}", size=(WIDTH, 1160), first=checked),
    }
    four = (
        Shot(f"overview?{run}", scale=2),
        Shot(brushed, scheme="dark", scale=2),
        Shot(f"rungs?{run}", scale=2),
        Shot(f"compare?{run}&{trials}", text="both get", scale=2),
    )
    with winnow(asked.run.parent) as (address, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        if not asked.only:
            together([taken(browser, address, shot) for shot in four]).save(
                HERE / "dashboard.png", optimize=True
            )
        for name in asked.only or tour:
            page = taken(browser, address, tour[name])
            page.quantize(COLORS).save(TOUR / f"{name}.png", optimize=True)
        browser.close()


def taken(browser: Browser, address: str, shot: Shot) -> Image.Image:
    """Return what a page shows once it has stopped moving."""
    width, height = shot.size
    # Our content security policy evaluates no string, and STREAMLIT is one.
    with browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=shot.scheme,
        device_scale_factor=shot.scale,
        bypass_csp=True,
    ) as context:
        page = context.new_page()
        page.goto(f"{address}/{shot.path}")
        page.wait_for_function(STREAMLIT, timeout=120_000)
        shot.first(page)
        page.wait_for_timeout(4000)  # charts are animated
        if shot.text:
            found = page.get_by_test_id("stMain").get_by_text(shot.text).first
            found.evaluate("found => found.scrollIntoView({block: 'start'})")
            page.wait_for_timeout(2000)
        return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def together(pages: list[Image.Image]) -> Image.Image:
    """Return four pages of the same size as one picture, two in a row."""
    width, height = pages[0].size
    whole = Image.new("RGB", (2 * width + GAP, 2 * height + GAP), "#c0c0c0")
    for place, page in enumerate(pages):
        whole.paste(page, (place % 2 * (width + GAP), place // 2 * (height + GAP)))
    return whole.resize((FOUR, round(FOUR * whole.height / whole.width)), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()

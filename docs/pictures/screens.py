"""Takes dashboard.png and dashboard/overview.png: pages of the dashboard over a finished run, in a real Chromium.

    python -m docs.pictures.screens runs/digits --trials 18,29 --filter "score:0.98.."

The run is shown under its own path. Trials are the two that are compared; the filter is what stands in the URL of the
parallel coordinates once an axis is brushed.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from urllib.parse import quote

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from benchmarks.dashboards.browser import CHROMIUM, HEIGHT, WIDTH
from benchmarks.dashboards.pages import STREAMLIT
from benchmarks.dashboards.servers import winnow

HERE = Path(__file__).parent
WINDOW, PHONE = {"width": WIDTH, "height": HEIGHT}, {"width": 390, "height": 844}
GAP = 16
"""Pixels between the four pages."""

FOUR = 1600
"""Pixels, the width of the picture of four pages."""


def main() -> None:
    """Take the pictures."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("run", type=Path)
    words.add_argument("--trials", required=True)
    words.add_argument("--filter", required=True)
    asked = words.parse_args()
    run = f"run={quote(asked.run.name)}"
    pages = (
        (f"overview?{run}", "light", ""),
        (f"parallel?{run}&filter={quote(asked.filter)}", "dark", ""),
        (f"rungs?{run}", "light", ""),
        (f"compare?{run}&trials={asked.trials}", "light", "both get"),
    )
    with winnow(asked.run.parent) as (address, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        four = [taken(browser, f"{address}/{page}", WINDOW, scheme, text) for page, scheme, text in pages]
        phone = taken(browser, f"{address}/overview?{run}", PHONE, "light", "")
        browser.close()
    together(four).save(HERE / "dashboard.png", optimize=True)
    phone.resize((585, 1266)).save(HERE / "dashboard" / "overview.png", optimize=True)


def taken(browser: Browser, url: str, size: dict[str, int], scheme: str, text: str) -> Image.Image:
    """Return what a page shows from this text on, or from its top, once it has stopped moving."""
    look = {"viewport": size, "color_scheme": scheme, "device_scale_factor": 2}
    # Our content security policy evaluates no string, and STREAMLIT is one.
    with browser.new_context(**look, bypass_csp=True) as context:
        page = context.new_page()
        page.goto(url)
        page.wait_for_function(STREAMLIT, timeout=120_000)
        page.wait_for_timeout(4000)  # charts are animated
        if text:
            page.get_by_text(text).first.evaluate("found => found.scrollIntoView({block: 'start'})")
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

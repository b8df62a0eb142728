"""From navigation to everything drawn: each page of our dashboard beside optuna-dashboard and TensorBoard.

    python -m benchmarks.dashboard [--trials 1000 5000] [--rounds 3] [--only ours optuna tensorboard live brush]

All three look at the same generated run: trials × 50 epochs × 8 scalars, none stopped early. A page is drawn when its
last change (text, elements, strokes on a canvas) lies a second back; that second is not counted. Each visit is a fresh
browser context. The first visit of a page to a server that has just begun is its cold time; the others are warm.
Needs playwright, Debian's Chromium and optuna-dashboard beside Winnow.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.dashboards.browser import PATIENCE, browser, drawn
from benchmarks.dashboards.brush import brush
from benchmarks.dashboards.live import live, summary
from benchmarks.dashboards.pages import OPTUNA, TENSORBOARD, Opened, ours
from benchmarks.dashboards.servers import optuna_dashboard, tensorboard, winnow
from benchmarks.generate.run import generate
from search.runs.layout import RunLayout

Fresh = Callable[[], Page]


def main() -> None:
    """Measure and print Markdown tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dashboard", description=__doc__)
    parser.add_argument("--trials", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--rounds", type=int, default=3, help="warm visits of each page")
    parser.add_argument("--seconds", type=float, default=60, help="of the live search")
    what = ["ours", "brush", "optuna", "tensorboard", "live"]
    parser.add_argument("--only", nargs="+", choices=what, default=what)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for trials in arguments.trials if set(arguments.only) - {"live"} else ():
            layout = generate(
                Path(folder) / str(trials), name="generated", trials=trials, epochs=50, full=True
            )
            print(f"\n{trials:,} trials × 50 epochs × 8 scalars\n", flush=True)
            print("| page | cold s | warm s: median (least to greatest) |\n|---|---:|---:|", flush=True)
            _measure(layout, arguments.only, rounds=arguments.rounds)
        if "live" in arguments.only:
            print(
                "\n| page open | CPU s per second | a new epoch is seen after s |\n|---|---:|---:|",
                flush=True,
            )
            for page in ("overview", "curves", "leaderboard"):
                print(summary(live(Path(folder) / page, page, seconds=arguments.seconds)), flush=True)


def _measure(layout: RunLayout, only: Sequence[str], *, rounds: int) -> None:
    runs = layout.root.parent
    with browser() as fresh:
        if {"ours", "brush"} & set(only):
            with winnow(runs) as (address, _):
                if "ours" in only:
                    _visit("Winnow", fresh, address, ours(layout.root.name), rounds)
                if "brush" in only:
                    print(brush(fresh, address, layout.root.name, rounds=rounds), flush=True)
        if "optuna" in only:
            with optuna_dashboard(layout.journal) as address:
                _visit("optuna-dashboard", fresh, address, OPTUNA, rounds)
        if "tensorboard" in only:
            with tensorboard(runs) as address:
                _visit("TensorBoard", fresh, address, TENSORBOARD, rounds)


def _visit(who: str, fresh: Fresh, address: str, pages: Sequence[Opened], rounds: int) -> None:
    for page in pages:
        cold, *warm = [_once(fresh, address, page) for _ in range(rounds + 1)]
        print(f"| {who}: {page.name} | {_text([cold])} | {_text(warm)} |", flush=True)


def _once(fresh: Fresh, address: str, opened: Opened) -> float | None:
    page = fresh()
    try:
        return drawn(page, address + opened.path, opened.ready)
    finally:
        page.context.close()


def _text(times: Sequence[float | None]) -> str:
    known = [time for time in times if time is not None]
    if len(known) < len(times):
        return f"not drawn within {PATIENCE:.0f} s ({len(times) - len(known)} of {len(times)})"
    if len(known) == 1:
        return f"{known[0]:.1f}"
    return f"{statistics.median(known):.1f} ({min(known):.1f} to {max(known):.1f})"


if __name__ == "__main__":
    main()

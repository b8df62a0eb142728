"""A search of 200 trials that goes on while a page is open: what the server costs, when a new epoch is seen."""

from __future__ import annotations

import re
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from optuna.storages import BaseStorage, JournalStorage
from optuna.trial import TrialState, create_trial
from playwright.sync_api import Page

from benchmarks.dashboards.browser import browser, drawn
from benchmarks.dashboards.pages import STREAMLIT
from benchmarks.dashboards.servers import winnow
from benchmarks.generate.run import generate
from search.runs import record
from search.runs.journal import Journal
from search.runs.layout import RunLayout
from search.runs.lease import Lease
from search.runs.record import RecordedReport, Stint

WORKERS = 8
EVERY = 0.5
"""Seconds between two reports: eight workers with epochs of four seconds."""


@dataclass(frozen=True)
class Live:
    """CPU seconds of the server per second, and the seconds until each epoch watched was on the page."""

    page: str
    share: float
    seen: list[float]


def live(folder: Path, page: str, *, seconds: float) -> Live:
    """Measure a page.

    Args:
        folder: empty; a run is made in it.
        page: of ours; its text must say the number of epochs for the second figure.
        seconds: for which the server's time is taken.
    """
    layout = generate(folder, name="live", trials=192, epochs=50, full=False)
    layout.plan.write_text(layout.plan.read_text("utf-8").replace("trials: 192", "trials: 200"), "utf-8")
    with Lease(layout), winnow(folder) as (address, server), browser() as fresh, _search(layout):
        opened = fresh()
        if drawn(opened, f"{address}/{page}?run=live", STREAMLIT) is None:
            raise RuntimeError(f"{page} is not drawn")
        opened.wait_for_timeout(6000)
        process = psutil.Process(server.pid)
        before, began = _seconds(process), time.monotonic()
        opened.wait_for_timeout(seconds * 1000)
        share = (_seconds(process) - before) / (time.monotonic() - began)
        return Live(page, share, [_latency(opened, layout) for _ in range(10)] if page == "overview" else [])


def summary(found: Live) -> str:
    """Return a row of the table."""
    seen = f"{statistics.median(found.seen):.1f} (greatest {max(found.seen):.1f})" if found.seen else "–"
    return f"| {found.page} | {found.share:.3f} | {seen} |"


def _latency(page: Page, layout: RunLayout) -> float:
    """Return the seconds until the page says at least as many epochs as the study has now."""
    wanted, began = _epochs(layout), time.monotonic()
    while time.monotonic() - began < 30:
        said = re.search(r"Epochs trained\s+([\d,]+)", page.inner_text('[data-testid="stMain"]'))
        if said and int(said[1].replace(",", "")) >= wanted:
            return time.monotonic() - began
        page.wait_for_timeout(50)
    return 30.0


def _epochs(layout: RunLayout) -> int:
    return len(re.findall(rb'"winnow:report:\d+":', layout.journal.read_bytes()))


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def _search(layout: RunLayout) -> Iterator[None]:
    """Report epochs of some trials, one every half second, until the end."""
    storage = JournalStorage(Journal(layout.journal))
    study = storage.get_all_studies()[0]._study_id
    ids = [storage.create_new_trial(study, _running()) for _ in range(WORKERS)]
    over = threading.Event()
    feeder = threading.Thread(target=_feed, args=(storage, ids, over))
    feeder.start()
    try:
        yield
    finally:
        over.set()
        feeder.join()


def _running():  # type: ignore[no-untyped-def]
    stint = asdict(Stint(1, time.time(), host="node0", device="cpu"))
    return create_trial(
        state=TrialState.RUNNING,
        system_attrs={record.POINT: {"learning_rate": 0.1}, f"{record.STINT}1": stint},
    )


def _feed(storage: BaseStorage, ids: list[int], over: threading.Event) -> None:
    for told in range(WORKERS * 50):
        if over.wait(EVERY):
            return
        step = told // WORKERS + 1
        report = RecordedReport(step, step, 0.5 + 0.005 * step, 4.0 * step, 1, None, "continue")
        record.write_report(storage, ids[told % WORKERS], report)

"""Around every page: the links, the choice of the run, its state, and what is said where there is nothing to draw."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from dashboard import address, memory
from dashboard.arguments import parser
from dashboard.charts.palette import DARK, LIGHT, Palette
from dashboard.filter_bar import filter_bar
from dashboard.pages import links
from dashboard.prepare.filters import Mask
from dashboard.prepare.states import State, run_state
from dashboard.prepare.table import Table, table
from dashboard.prepare.words import plain
from dashboard.shelf import Shelved, driver_of, find_run, run_names
from dashboard.watch import EVERY, draw_again_and_again, interval, redraw_on_change
from search.costs import ago
from search.plan.command import command
from search.plan.place import Place
from search.runs.copies import fetch_command
from search.runs.lease import origin_of
from search.runs.measurements import Measurements
from search.runs.run import Run

BADGE: dict[State, tuple[str, str]] = {
    "running": (":material/play_arrow:", "green"),
    "finished": (":material/check:", "blue"),
    "interrupted": (":material/pause:", "orange"),
    "unfinished": (":material/help:", "orange"),
    "damaged": (":material/error:", "red"),
}


BUCKET_EVERY = 20.0
"""Seconds between two looks at a bucket: each lists it, which costs money."""


@dataclass(frozen=True)
class Open:
    """What a page shows: a run, its trials by columns, and which of these (trials,) the filter lets through."""

    run: Run
    state: State
    table: Table
    shown: Mask


def runs_dir() -> Place:
    """Return the folder of runs, or the bucket, that the command line names."""
    folder: Place = parser().parse_args(sys.argv[1:]).runs_dir
    return folder.expanduser().resolve() if isinstance(folder, Path) else folder


def palette() -> Palette:
    """Return the colors of the visitor's theme."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def run_page(draw: Callable[[Open], None], *, filtered: bool = True) -> None:
    """Draw a page of one run: the one that the URL names, else the one that changed last.

    Args:
        draw: of the page.
        filtered: the page shows the trials that a filter lets through.
    """
    folder = runs_dir()
    names = run_names(folder)
    if not names:
        _sidebar([], None)
        nothing_here(folder)
        return
    asked = address.run_name() or names[0]
    found = find_run(folder, asked)
    _sidebar(names, asked if found and not found.away else None)
    if found is None:
        st.error(
            f"There is no run of this name in {plain(folder)}: choose one on the page *Runs*.",
            icon=":material/search_off:",
        )
        redraw_on_change(lambda: find_run(folder, asked) is not None)
        return
    if found.away:
        damaged(found.place, found.away)
        redraw_on_change(lambda: find_run(folder, asked), every=BUCKET_EVERY)
        return
    if found.logs is not None:
        found = replace(found, objective=address.objective())
    _body(found, draw, filtered=filtered)


def nothing_here(folder: Place) -> None:
    """Say that there are no runs, and how to get one."""
    what = "There are no runs in" if not isinstance(folder, Path) or folder.is_dir() else "There is no folder"
    st.info(f"{what} {plain(folder)} yet. This starts a search of a minute:", icon=":material/rocket_launch:")
    st.code(
        command("run", "--space", "digits.yaml", "--runs-dir", folder),
        language="bash",
        wrap_lines=True,
    )
    redraw_on_change(lambda: bool(run_names(folder)), every=EVERY)


def no_trials_yet() -> None:
    """Say that a run has nothing to draw."""
    st.info(
        "No trial has finished an epoch yet. This page draws itself as soon as one has.",
        icon=":material/hourglass_empty:",
    )


def nothing_left() -> None:
    """Say that the filter lets no trial through."""
    st.info("The filter lets no trial through: remove a condition above.", icon=":material/filter_alt_off:")


def damaged(place: str, reason: str) -> None:
    """Say what is wrong with a run."""
    st.error(f"This run cannot be read: {plain(place)}", icon=":material/error:")
    st.code(reason, language=None, wrap_lines=True)
    st.caption("Nothing was changed. The other runs are not affected.")


def sidebar_of_runs() -> None:
    """Draw the links of a page that is about no single run."""
    with st.sidebar:
        links(address.run_name())


def _sidebar(names: list[str], asked: str | None) -> None:
    with st.sidebar:
        if names:
            _choice(names, asked)
        links(asked)


def _choice(names: list[str], asked: str | None) -> None:
    index = names.index(asked) if asked in names else None
    chosen = st.selectbox("Run", names, index=index, placeholder="Choose a run")
    if chosen is not None and chosen != asked:
        st.query_params.from_dict({address.RUN: chosen})  # one entry in the browser's history
        st.rerun()


def _body(found: Shelved, draw: Callable[[Open], None], *, filtered: bool) -> None:
    """Draw what follows the run; a search that is being driven changes all the time, so it is drawn all the time."""
    driven, url = driver_of(found.layout) is not None, address.carried()

    def body() -> None:
        # The links beside the page say what the URL said, and only a whole drawing makes them anew.
        if address.carried() != url:
            st.rerun()
        opened, now = memory.opened(found), driver_of(found.layout) is not None
        if opened.run is None:
            damaged(found.place, opened.reason)
            return
        _draw(opened.run, run_state(opened.run, driven=now), draw, filtered=filtered, place=found.place)
        for note in opened.notes:
            st.caption(plain(note))
        if now != driven:  # after the drawing: a button that was pressed just now has done its work
            st.rerun()

    if driven:
        draw_again_and_again(body)
        return
    began = time.thread_time()
    body()
    every = max(interval(time.thread_time() - began), 0.0 if found.local else BUCKET_EVERY)
    redraw_on_change(lambda: memory.version(found), every=every)


def _draw(run: Run, state: State, draw: Callable[[Open], None], *, filtered: bool, place: str) -> None:
    all_trials = memory.remember(run, table, run)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _badge(state, place)
        if run.measured is not None:
            _objective(run, run.measured)
        shown = filter_bar(all_trials) if filtered else address.filters().mask(all_trials)
    said_of_copy(run, state)
    if state == "interrupted":
        st.caption("Nobody drives this run. It goes on with:")
        st.code(command("resume", run.layout.root), language="bash", wrap_lines=True)
    draw(Open(run, state, all_trials, shown))


def said_of_copy(run: Run, state: State) -> None:
    """Say of a copy of a run where it comes from and when, and what brings it up to date, where nothing does."""
    origin = None if run.foreign else origin_of(run.layout)
    if origin is None:
        return
    since = f"A copy of {plain(origin.text)}, brought home {ago(origin.age)}."
    if state != "unfinished":
        st.caption(since)
        return
    st.caption(f"{since} This brings what is new, and what comes:")
    st.code(fetch_command(run.layout, "--watch"), language="bash", wrap_lines=True)


def _objective(run: Run, measured: Measurements) -> None:
    """Let the visitor say what another program's logs are ranked by: they do not say it themselves."""
    now = run.plan.objective
    with st.popover("Objective", icon=":material/flag:"):
        tags = list(measured.tags)
        index = tags.index(now.metric) if now.metric in tags else None
        metric = st.selectbox("Rank trials by", tags, index=index)
        higher = st.radio("What is better", ["higher", "lower"], index=0 if now.mode == "max" else 1)
        mode = "max" if higher == "higher" else "min"
        if metric is not None and st.button("Apply", key="objective", type="primary"):
            address.set_objective(metric, mode)
            st.rerun()


def _badge(state: State, place: str) -> None:
    icon, color = BADGE[state]
    st.badge(state, icon=icon, color=color)  # type: ignore[arg-type]  # the four colors above
    st.caption(plain(place), width="content")

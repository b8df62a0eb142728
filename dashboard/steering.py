"""What a page offers to steer a search: stop, extend, resume it, stop a trial, try another."""

from __future__ import annotations

import functools
import time
from pathlib import Path

import streamlit as st

from dashboard import searches
from dashboard.asking import asked, confirm, resumed, warn_of_plugins, why_unasked
from dashboard.cloning import clone
from dashboard.drawing import folded, frame
from dashboard.frame import Open
from dashboard.prepare import requests as prepared
from dashboard.prepare.moments import moment
from dashboard.prepare.words import plain
from dashboard.searches import Begun
from dashboard.watch import redraw_on_change
from search.plan.command import command
from search.runs.layout import RunLayout
from search.runs.requests import Action, Kind, actions, pending
from search.runs.run import Run

MOST_MORE = 10_000
"""Trials that one extension adds."""

FRESH = 900.0
"""Seconds for which it is said that a search that was begun from here has failed."""


def search_actions(found: Open) -> None:
    """Draw what can be done with a search: stop, extend, resume; and what was done from here last."""
    why = why_unasked(found.run)
    if why:
        st.caption(plain(why))
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if found.state == "running":
            _stop(found.run)
        elif found.state == "interrupted":
            _resume(found.run)
        _extend(found)
    waiting(found, "stop", "extend")
    _last_begun(found)


def trial_actions(found: Open, number: int) -> None:
    """Draw what can be done with a trial: stop it, or try its configuration with changes."""
    why = why_unasked(found.run, "enqueue", "--from", str(number))
    if why:
        st.caption(plain(why))
        return
    if found.state == "running" and found.run.trial(number).status in ("running", "waiting"):
        _stop_trial(found.run, number)
    clone(found, number)
    waiting(found, "stop_trial", "enqueue")
    _last_begun(found)


def history(found: Open) -> None:
    """Draw every action on a search with its time, who asked for it, and what became of it."""
    key = f"history:{found.run.name}"
    box = folded("Actions on this search", key=key, icon=":material/history:")
    if box is None:
        return
    layout = found.run.layout
    begun = [one for one in searches.begun(layout.root.parent) if one.run == layout.root.name]
    entries = prepared.history(_actions_of(layout), found.run.requests, begun)
    with box:
        if not entries:
            st.caption("Nobody has asked anything of this search yet.")
            return
        st.dataframe(
            frame(
                {
                    "asked": [moment(entry.asked) for entry in entries],
                    "by": [entry.by for entry in entries],
                    "what": [entry.what for entry in entries],
                    "outcome": [entry.outcome for entry in entries],
                    "answered": [moment(entry.answered) for entry in entries],
                    "answer": [entry.answer for entry in entries],
                }
            ),
            hide_index=True,
            height=min(38 + 35 * len(entries), 300),
        )


def _stop(run: Run) -> None:
    key = f"stop:{run.name}"
    box = st.popover("Stop the search", icon=":material/stop:", key=key, on_change="rerun")
    if box.open:
        with box:
            st.markdown(
                "It stops after the epochs that are being trained now. Nothing is lost: it can go on later."
            )
            act = functools.partial(asked, run.layout, "stop")
            confirm("Stop it", within=key, act=act, done="The driver is asked to stop.")


def _stop_trial(run: Run, number: int) -> None:
    key = f"stop:{run.name}:{number}"
    box = st.popover(f"Stop trial {number}", icon=":material/stop:", key=key, on_change="rerun")
    if box.open:
        with box:
            st.markdown("It stops after its epoch, for good; its curve stays. A worker begins another trial.")
            act = functools.partial(asked, run.layout, "stop_trial", trial=number)
            confirm("Stop it", within=key, act=act, done=f"The driver is asked to stop trial {number}.")


def _resume(run: Run) -> None:
    key, stands, root = f"resume:{run.name}", run.progress(), run.layout.root
    box = st.popover("Resume", icon=":material/play_arrow:", key=key, on_change="rerun")
    if box.open:
        with box:
            st.markdown(f"{stands.left:,} of {stands.budget:,} trials are left. They train on this machine:")
            st.code(command("resume", root), language="bash", wrap_lines=True)
            warn_of_plugins(run.plan.plugins)
            act = functools.partial(resumed, root)
            confirm("Resume it", within=key, act=act, done="The search is being started.")


def _extend(found: Open) -> None:
    run, driven = found.run, found.state == "running"
    key, budget, root = f"extend:{run.name}", run.progress().budget, run.layout.root
    box = st.popover("More trials", icon=":material/add:", key=key, on_change="rerun")
    if not box.open:
        return
    with box:
        more = int(
            st.number_input("On top of the budget", 1, MOST_MORE, max(1, budget // 4), key=f"{key}:more")
        )
        st.markdown(
            f"The budget becomes {budget + more:,} trials."
            + ("" if driven else " They train on this machine:")
        )
        if driven:
            act, done = (
                functools.partial(asked, run.layout, "extend", trials=more),
                "The driver is asked for them.",
            )
        else:
            words = ("--trials", f"+{more}")
            st.code(command("resume", root, *words), language="bash", wrap_lines=True)
            warn_of_plugins(run.plan.plugins)
            act, done = functools.partial(resumed, root, *words), "The search is being started."
        confirm("Extend it", within=key, act=act, done=done)


def waiting(found: Open, *kinds: Kind) -> None:
    """Say which requests of these kinds wait for an answer; the page is drawn again when one comes."""
    layout = found.run.layout
    pendings = [action for action in _actions_of(layout) if action.outcome == "pending"]
    waiting = [one for one in pendings if one.request is not None and one.request.kind in kinds]
    if not waiting:
        return
    asked = "; ".join(
        prepared.what(one.request.kind, one.request.arguments) for one in waiting[:5] if one.request
    )
    until = "the driver answers" if found.state == "running" else "the search goes on"
    st.info(f"Waits until {until}: {plain(asked)}", icon=":material/hourglass_top:")
    redraw_on_change(lambda: tuple(path.name for path in pending(layout)), every=1.0)


def _last_begun(found: Open) -> None:
    """Say how a search stands that was begun or resumed from here, where it does not show by itself."""
    last = None if found.state == "running" else searches.last_begun(found.run.layout.root)
    if last is None:
        return
    if last.alive:
        st.info("The search is being started.", icon=":material/hourglass_top:")
        redraw_on_change(lambda: last.alive, every=1.0)
    elif last.returncode and time.time() - last.at < FRESH:
        failed(last)


def failed(one: Begun) -> None:
    """Say that a search could not be begun, with the end of what it said."""
    st.error(
        f"The search that was begun at {moment(one.at)} has ended with an error:", icon=":material/error:"
    )
    st.code(one.said or f"exit code {one.returncode}", language=None, wrap_lines=True)


def _actions_of(layout: RunLayout) -> list[Action]:
    return _actions(layout, _changed(layout.requests), _changed(layout.answered))


@functools.lru_cache(maxsize=32)
def _actions(layout: RunLayout, *seen: int) -> list[Action]:
    del seen
    return actions(layout)


def _changed(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0

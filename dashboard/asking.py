"""Asking a search for something, and saying why where that is not possible.

The driver alone writes a study. Whoever steers leaves a request; the driver applies it, records it and answers. Where
nobody drives a run, a verb does the same: it is told which.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import searches
from dashboard.prepare.words import plain
from dashboard.searches import CannotBegin
from dashboard.shelf import driver_of
from search.plan.command import command
from search.runs.copies import asked_there
from search.runs.layout import RunLayout
from search.runs.lease import origin_of
from search.runs.requests import Kind, Request, send
from search.runs.run import Run

FOREIGN = "These are logs of another program: there is no search to steer."


class CannotAsk(ValueError):  # noqa: N818 (says what is the case)
    """A request cannot be made; the message says why, and what can be done instead."""


def ask(layout: RunLayout, kind: Kind, *, waits: bool = False, **arguments: Any) -> Request:
    """Leave a request for the driver of a run.

    Args:
        layout: of the run.
        kind: what is asked for.
        waits: where nobody drives the run, the request stays until the search goes on.
        arguments: see `search.runs.requests.Request`.

    Raises:
        CannotAsk: the folder can only be read, or nobody drives the run.
    """
    why = read_only(layout)
    if not why and not waits and driver_of(layout) is None:
        go_on = command("resume", layout.root)
        why = f"Nobody drives this run, so nobody would answer. It goes on with: {go_on}"
    if why:
        raise CannotAsk(why)
    try:
        return send(layout, kind, **arguments)
    except OSError as error:
        raise CannotAsk(f"{layout.requests}: {error.strerror or error}") from error


def why_not(run: Run) -> str:
    """Return why nothing can be written into a run's folder, in a sentence; empty where something can."""
    return FOREIGN if run.foreign else read_only(run.layout)


def why_unasked(run: Run, verb: str = "resume", *words: str) -> str:
    """Return why a search cannot be steered from here, in a sentence; empty where it can.

    Args:
        run: of the search.
        verb: that does it where the run itself is.
        words: of the verb, behind the run.
    """
    return why_not(run) or out_of_reach(run.layout, verb, *words)


def out_of_reach(layout: RunLayout, verb: str, *words: str) -> str:
    """Return why a copy of a run cannot be asked, in a sentence; empty where what is asked gets to its search.

    What is asked in a copy of a run on a cluster is handed over when the copy is brought up to date.

    Args:
        layout: of the run.
        verb: that does it where the run itself is.
        words: of the verb, behind the run.
    """
    origin = origin_of(layout)
    if origin is None or (origin.cluster and driver_of(layout) is not None):
        return ""
    there = asked_there(layout, verb, *words)
    return f"This is a copy, where nothing can be asked. This goes to the run itself: {there}"


def read_only(layout: RunLayout) -> str:
    """Return why nothing can be asked of a run, in a sentence; empty where something can."""
    if not layout.plan.is_file():
        return FOREIGN
    place = layout.requests if layout.requests.is_dir() else layout.root
    if not os.access(place, os.W_OK | os.X_OK):
        return f"{place}: this folder can only be read here; ask where the search runs."
    return ""


def asked(layout: RunLayout, kind: Kind, *, waits: bool = False, **arguments: Any) -> str:
    """Ask as `ask` does; return why that is not possible, empty where it was."""
    try:
        ask(layout, kind, waits=waits, **arguments)
    except CannotAsk as error:
        return str(error)
    return ""


def resumed(root: Path, *words: str) -> str:
    """Begin to go on with a run by `search.resume` and further words; return why that is not possible, else nothing."""
    if (last := searches.last_begun(root)) is not None and last.alive:
        return "This search is being started already."
    try:
        searches.resume(root, words)
    except CannotBegin as error:
        return str(error)
    return ""


def warn_of_plugins(names: Sequence[object]) -> None:
    """Say which Python files will run with what is asked for: a run may come from somebody else.

    Args:
        names: of the plugins of a plan or of a configuration; nothing is said of none.
    """
    if names:
        listed = ", ".join(map(str, names[:5])) + (" …" if len(names) > 5 else "")
        st.warning(plain(f"This runs Python files that the run names: {listed}"), icon=":material/extension:")


def confirm(label: str, *, within: str, act: Callable[[], str], done: str, right: bool = True) -> None:
    """Draw the button that does something at last; then the container that asked for it closes.

    Args:
        label: of the button.
        within: the key of the popover or expander around it.
        act: does it, and returns why that was not possible; empty where it was.
        done: what is said then.
        right: it can be pressed.
    """
    why = f"{within}:why"

    def press() -> None:
        st.session_state[why] = act()
        if not st.session_state[why]:
            st.session_state[within] = False
            st.toast(plain(done), icon=":material/check:")

    st.button(label, type="primary", key=f"{within}:confirm", on_click=press, disabled=not right)
    if st.session_state.get(why):
        st.error(plain(st.session_state[why]), icon=":material/block:")

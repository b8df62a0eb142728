"""Fresh pages: drawn every few seconds while a search goes on, else when a look at the files finds a change."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

import streamlit as st

EVERY = 2.7
"""Seconds between two looks: with the drawing, a new epoch is seen within 3 s."""

SHARE = 0.05
"""The most of a processor's time that drawing a growing run again and again may take, for each visitor."""


def interval(seconds: float) -> float:
    """Return the seconds between two looks at what takes that many seconds of a processor to draw."""
    return max(EVERY, seconds / SHARE)


def redraw_on_change(look: Callable[[], Hashable], *, every: float = EVERY) -> None:
    """Draw the page again when ``look`` gives something else than now.

    Args:
        look: cheap, such as the times of files.
        every: seconds between two looks.
    """
    seen, drawn = look(), time.monotonic()

    def look_again() -> None:
        # Streamlit calls this once while it draws the page: a run that changes all the time would never be drawn.
        if time.monotonic() - drawn >= every / 2 and look() != seen:
            st.rerun()

    st.fragment(look_again, run_every=every)()


def draw_again_and_again(draw: Callable[[], None]) -> None:
    """Draw now and every few seconds; what takes long to draw, seldomer.

    One fragment, not a look and then a whole page: each run of a script costs Streamlit 10 ms beside what it draws.
    """
    pace = f"pace:{st.context.url}"  # the page, without its query
    every, first = st.session_state.get(pace, EVERY), True

    def timed() -> None:
        nonlocal first
        began = time.thread_time()
        draw()
        found = interval(time.thread_time() - began)
        if first:  # it reads what the others find in memory
            first = False
            return
        st.session_state[pace] = found
        if not every / 2 <= found <= 2 * every:
            st.rerun()

    st.fragment(timed, run_every=every)()

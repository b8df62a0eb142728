"""Fresh pages: a look at the files every few seconds, and a new drawing only when something changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

import streamlit as st

EVERY = 2.0
"""Seconds between two looks: a new epoch is seen within 3 s."""

SHARE = 0.05
"""The most of a processor's time that reading a growing run may take."""


def interval(seconds: float) -> float:
    """Return the seconds between two looks at a run that takes that many seconds to read."""
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

"""Page: which trial was where and when, and how busy the workers were."""

from __future__ import annotations

import time

import streamlit as st

from dashboard.charts.timeline_chart import height_of, timeline_chart
from dashboard.drawing import chart
from dashboard.frame import Open, no_trials_yet, nothing_left, palette, run_page
from dashboard.prepare.timeline import Timeline, Use, busy_workers, pauses, timeline, use
from dashboard.prepare.words import plain
from search.display import duration

LEGEND = (
    "A box is a stretch of one trial on one worker. A device has as many rows as trials ever ran there at once. "
    "Drag or scroll to look closer; white space is time in which a worker had nothing to do. Pauses are times in "
    "which nothing ran at all, and a zigzag stands for a long one; what of the busy time is not spent in epochs goes "
    "into starting, loading and saving."
)

EVERY = 30.0
"""Seconds after which the picture of a running search is a new one."""


def draw(found: Open) -> None:
    """Draw the page."""
    records = [trial.record for trial in found.run.trials]
    if not records:
        no_trials_yet()
        return
    # Stints that last grow with the clock, those that nobody drives any more do not. A new picture forgets its zoom.
    clock = found.run.driver_time or time.time()
    now = clock // EVERY * EVERY if found.state == "running" else 0.0
    made = timeline(records, now=now)
    if made is None:
        st.info("Nothing says where and when these trials ran.", icon=":material/timer_off:")
        return
    shown = made.of(found.shown)
    if shown is None:
        nothing_left()
        return
    _figures(made, use(made))
    left_out = pauses(made)
    busy = busy_workers(made, without=left_out)
    options = timeline_chart(shown, busy, left_out, palette=palette())
    alt = f"{len(shown.stints)} stints of training on {len(made.workers)} workers over time"
    chart(options, height=height_of(len(made.workers)), name="timeline", alt=alt)
    st.caption(LEGEND)


def _figures(made: Timeline, found: Use) -> None:
    with st.container(horizontal=True, gap="small"):
        for name, value, note in _texts(made, found):
            st.metric(
                name,
                plain(value),
                delta=plain(note),
                delta_color="off",
                delta_arrow="off",
                border=True,
                width="stretch",
            )


def _texts(made: Timeline, found: Use) -> list[tuple[str, str, str]]:
    paused = f"{duration(round(found.paused))} of pauses" if found.paused >= 1 else "without a pause"
    counted = f"{found.busy:.0%} with pauses" if found.paused >= 1 else "of workers' time"
    return [
        ("Workers", f"{len(made.workers):,}", f"{len(made.stints):,} stints"),
        ("Span", duration(found.seconds), paused),
        ("Busy", f"{found.active:.0%}", counted),
        ("In epochs", f"{found.training:.0%}", "of busy time"),
        ("Cut off", f"{found.interrupted:,}", "crashed or lost"),
    ]


run_page(draw)

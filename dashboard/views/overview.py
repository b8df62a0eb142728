"""Page: how a search stands."""

from __future__ import annotations

import streamlit as st

from dashboard.charts.staircase_chart import AXIS, staircase_chart
from dashboard.drawing import chart
from dashboard.frame import Open, no_trials_yet, palette, run_page
from dashboard.prepare import overview
from dashboard.prepare.staircase import staircase
from dashboard.prepare.words import plain


def draw(found: Open) -> None:
    """Draw the page."""
    with st.container(horizontal=True, gap="small"):
        for figure in overview.figures(found.run, found.state):
            with st.container(border=True, width="stretch", gap=None):
                st.metric(plain(figure.name), figure.value)
                st.caption(plain(figure.note))
    for reason, count in found.run.progress().failures.items():
        st.warning(f"{count} failed:", icon=":material/warning:")
        st.code(reason, language=None, wrap_lines=True)
    best = overview.best(found.run)
    if best is None:
        no_trials_yet()
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _staircase(found)
    with right:
        _best(best)


def _staircase(found: Open) -> None:
    run = found.run
    against = st.segmented_control(
        "Best so far, against", list(AXIS), default="epochs", required=True, key="against"
    )
    points, ends = staircase([trial.record for trial in run.trials], run.scoring)
    ahead = run.best()
    metric = run.plan.objective.metric
    options = staircase_chart(
        points,
        ends,
        against=against,
        metric=metric,
        leader=ahead.score if ahead else None,
        palette=palette(),
    )
    chart(options, height=340, name="staircase", alt=f"The best {metric} so far, against {AXIS[against]}")
    st.caption("Line: the best value at any epoch of any trial. Dots: where trials ended, with their scores.")


def _best(best: overview.Best) -> None:
    with st.container(border=True):
        st.subheader(f"Ahead: trial {best.trial}", anchor=False)
        st.markdown(plain(best.score))
        if best.gain:
            st.markdown(plain(best.gain))
        if best.caveat:
            st.caption(best.caveat)
        rows = "\n".join(f"| {plain(name)} | {plain(value)} |" for name, value in best.settings.items())
        st.markdown(f"| setting | value |\n|:--|:--|\n{rows}")


run_page(draw)

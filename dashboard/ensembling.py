"""Several trials as one model: the button that chooses them, and what that gains and costs."""

from __future__ import annotations

import streamlit as st

from dashboard import asking, jobs
from dashboard.drawing import folded, frame
from dashboard.frame import Open
from dashboard.prepare import ensemble as prepared
from dashboard.prepare.ensemble import Ensemble
from dashboard.prepare.words import plain
from search.runs.run import Run
from search.winner.ensemble.document import EnsembleError

LEAST = 2
"""Trials of an ensemble."""


def ensemble(found: Open) -> None:
    """Draw the ensemble of a run, or the button that chooses one; nothing where there are too few trials for it."""
    run = found.run
    if run.foreign or len(run.exportable()) < LEAST:
        return
    told = _told(run)
    box = folded(
        "Ensemble: several trials as one model",
        key="ensemble",
        icon=":material/groups:",
        expanded=jobs.busy(_job(run)),
    )
    if box is None:
        return
    with box:
        if told is not None:
            _draw(told)
        _choose(found, again=told is not None)


def _job(run: Run) -> str:
    return f"ensemble:{run.layout.root}"


def _told(run: Run) -> Ensemble | None:
    try:
        return prepared.ensemble(run.layout)
    except EnsembleError as error:
        st.error(plain(error), icon=":material/error:")
        return None


def _draw(told: Ensemble) -> None:
    with st.container(horizontal=True, gap="small"):
        for name, value in told.figures.items():
            st.metric(name, plain(value), border=True, width="content")
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in told.sentences))
    st.dataframe(
        frame({"trial": told.trials, "share": told.shares}),
        hide_index=True,
        key="members",
        width=320,
        column_config={
            "trial": st.column_config.NumberColumn("Trial"),
            "share": st.column_config.ProgressColumn(
                "Share", format="%.0f %%", min_value=0, max_value=100, help="Of the mean of the probabilities"
            ),
        },
    )
    st.caption("Choose *ensemble* above to export it as one model.")


def _choose(found: Open, *, again: bool) -> None:
    run, name = found.run, _job(found.run)
    why = asking.why_not(run)
    if why:
        st.caption(plain(why))
        return
    if not again:
        st.markdown(
            "The mean of several trials is often better than the best of them, and costs as many times more for an "
            "answer. They are chosen by what they said about the validation images; nothing is trained."
        )
    asking.warn_of_plugins(run.plan.plugins)
    label = "Choose again" if again else "Choose an ensemble"
    if st.button(label, icon=":material/groups:", disabled=jobs.busy(name)):
        jobs.begin(name, jobs.verb("search.ensemble", "--", str(run.layout.root)))
    jobs.show_job(name, "Choosing an ensemble")

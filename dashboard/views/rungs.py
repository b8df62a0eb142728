"""Page: the rungs at which trials were compared: who stood there, who was stopped, and whether that was wise."""

from __future__ import annotations

from typing import Any

import pandas as pd  # type: ignore[import-untyped]
import streamlit as st

from dashboard import address
from dashboard.charts.rungs_chart import rungs_chart
from dashboard.drawing import chart, frame
from dashboard.frame import Open, no_trials_yet, nothing_left, palette, run_page
from dashboard.memory import remember
from dashboard.pages import link
from dashboard.prepare import rungs
from dashboard.prepare.agreement import agreements, columns
from dashboard.prepare.rung_advice import advice
from dashboard.prepare.words import plain

CUT = st.column_config.NumberColumn
COUNT = CUT(format="localized")


def draw(found: Open) -> None:
    """Draw the page."""
    run = found.run
    if not any(trial.record.values for trial in run.trials):
        no_trials_yet()
        return
    ladder = remember(run, rungs.ladder, run)
    if ladder.rungs.empty:
        st.info(plain(rungs.none_text(run)), icon=":material/stairs:")
        return
    bracket = _bracket(ladder)
    arrivals = ladder.arrivals[ladder.arrivals["bracket"] == bracket]
    shown = arrivals[found.shown[arrivals["trial"].to_numpy()]]
    if shown.empty:
        nothing_left()
        return
    view, outside = rungs.window(shown, maximize=found.table.maximize)
    options = rungs_chart(shown, metric=found.table.metric, view=view, palette=palette())
    chart(
        options,
        height=400,
        name="ladder",
        alt=f"Values of {len(shown)} trials at the rungs of bracket {bracket}",
    )
    st.caption(
        "A strip for each rung; in it trials stand in the order of their arrival, from left to right. "
        "A trial is judged by the cut-off of that moment (line); today's cut-off is dashed."
        + (f" {outside:,} lie outside of the picture, with worse values: see the slider." if outside else "")
    )
    _summary(ladder.rungs[ladder.rungs["bracket"] == bracket])
    _said(found, ladder)
    _missed(shown)


def _bracket(ladder: rungs.Ladder) -> int:
    """Return the bracket to show; nothing is asked where there is one."""
    if len(ladder.brackets) == 1:
        return ladder.brackets[0]
    chosen: int = st.selectbox(
        "Bracket",
        ladder.brackets,
        format_func=lambda bracket: rungs.bracket_text(ladder, bracket),
        key="bracket",
        bind="query-params",
        width=360,
    )
    return chosen


def _summary(summary: pd.DataFrame) -> None:
    used = [fate for fate in rungs.FATES if summary[fate].any()]
    fates: dict[str, Any] = {fate: CUT(fate.capitalize(), format="localized") for fate in used}
    st.dataframe(
        summary[["rung", "trials", *used, "cutoff", "pass_now", "fail_now"]],
        hide_index=True,
        key="summary",
        placeholder="–",
        column_config={
            "rung": CUT("Epoch", pinned=True),
            "trials": CUT("Came here", format="localized"),
            **fates,
            "cutoff": CUT("Cut-off now", format="%.4f"),
            "pass_now": CUT(
                "Stopped, would pass now", help="By today's cut-off, which later trials have moved"
            ),
            "fail_now": CUT(
                "Went on, would not now", help="By today's cut-off, which later trials have moved"
            ),
        },
    )


def _said(found: Open, ladder: rungs.Ladder) -> None:
    run = found.run
    st.markdown("**What it says about grace period and reduction factor**")
    sentences = remember(run, advice, run, found.table, ladder)
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in sentences))
    agreed = remember(run, agreements, found.table, rungs.epochs(ladder, found.table.horizon))
    if not agreed:
        st.caption("Too few trials stood at two rungs to compare their orders.")
        return
    st.markdown("**By how much the order at one rung agrees with that at a later one**")
    st.dataframe(
        frame(columns(agreed)),
        hide_index=True,
        key="agreement",
        column_config={
            **dict.fromkeys(("Trials at both", "of"), COUNT),
            **dict.fromkeys(("Spearman", "Kendall"), CUT(format="%.2f")),
        },
    )
    st.caption(
        "1: the same order, 0: none, with 95 % intervals. All trials with a value at both epochs are compared; where "
        "fewer came to the later one, only survivors are seen, whose order agrees less than that of all would."
    )


def _missed(shown: pd.DataFrame) -> None:
    missed = rungs.missed(shown)
    if missed.empty:
        return
    st.markdown("**By how much they missed the cut-off**")
    event = st.dataframe(
        missed,
        hide_index=True,
        key="missed",
        on_select="rerun",
        selection_mode="multi-row",
        height=min(38 + 35 * len(missed), 420),
        placeholder="–",
        column_config={
            "trial": CUT("Trial", pinned=True),
            "rung": CUT("Epoch"),
            "fate": "Then",
            "value": CUT("Value", format="%.4f"),
            "cutoff": CUT("Cut-off then", format="%.4f"),
            "missed": CUT("Missed by", format="%.4f"),
            "standing": CUT("Had come by then", format="localized"),
            "now": CUT("Cut-off now", format="%.4f"),
            "place": CUT("Place now", format="localized"),
            "of": CUT("Of", format="localized"),
        },
    )
    _selected([int(missed["trial"].iloc[row]) for row in event.selection.rows])


def _selected(numbers: list[int]) -> None:
    if not numbers:
        st.caption("Choose rows to look at trials, or to compare them.")
        return
    with st.container(horizontal=True, gap="small"):
        for number in numbers[:3]:
            link("trial", f"Trial {number}", trials=str(number))
        joined = ",".join(map(str, dict.fromkeys(numbers[: address.MOST_TRIALS])))
        link("curves", "Their curves", trials=joined)
        if len(numbers) > 1:
            link("compare", "Compare them", trials=joined)


run_page(draw)

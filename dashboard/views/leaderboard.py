"""Page: all trials, best first."""

from __future__ import annotations

import streamlit as st

from dashboard.drawing import frame
from dashboard.frame import Open, no_trials_yet, run_page
from dashboard.prepare import leaderboard


def draw(found: Open) -> None:
    """Draw the page."""
    run = found.run
    if not run.trials:
        no_trials_yet()
        return
    low, high = leaderboard.curve_range(run) or (0.0, 1.0)
    numbers = {
        name: st.column_config.NumberColumn(name, format="%.4g") for name in leaderboard.parameters(run)
    }
    table = frame(leaderboard.columns(run))
    st.dataframe(
        table,
        hide_index=True,
        height=min(38 + 35 * len(table), 640),
        placeholder="–",
        column_config={
            "place": st.column_config.NumberColumn("#", pinned=True, width=40),
            "trial": st.column_config.NumberColumn("Trial", pinned=True, width=50),
            "score": st.column_config.NumberColumn(run.plan.objective.metric, format="%.4f"),
            "curve": st.column_config.LineChartColumn(
                "By epoch",
                y_min=low,
                y_max=high,
                width=130,
                help="Each over its own epochs, all on one scale of values",
            ),
            "epochs": st.column_config.NumberColumn("Epochs", width=65),
            "status": st.column_config.TextColumn("Status", width=105),
            "seconds": st.column_config.NumberColumn("Seconds", format="%.1f", width=75),
            **{name: column for name, column in numbers.items() if name in table.select_dtypes("number")},
        },
    )
    st.caption(
        "A trial that was stopped early never outranks a completed one; among those, who came further is ahead."
    )


run_page(draw)

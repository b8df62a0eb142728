"""Page: the learning curves of all trials, one of them bold."""

from __future__ import annotations

import streamlit as st

from dashboard.charts.curves_chart import curves_chart
from dashboard.drawing import chart
from dashboard.frame import Open, no_trials_yet, palette, run_page
from dashboard.prepare import curves, leaderboard


def draw(found: Open) -> None:
    """Draw the page."""
    run = found.run
    with_curve = [trial for trial in leaderboard.ranked(run) if trial.record.values]
    if not with_curve:
        no_trials_yet()
        return
    number = _chosen([trial.number for trial in with_curve])
    records = [trial.record for trial in run.trials]
    metric = run.plan.objective.metric
    options = curves_chart(
        curves.by_status(records),
        curves.joined([records[number]]),
        bold_name=f"trial {number}",
        rungs=curves.rungs(records),
        metric=metric,
        epochs=run.plan.budget.epochs,
        trials=len(with_curve),
        palette=palette(),
    )
    chart(options, height=470, name="curves", alt=f"{metric} by epoch of {len(with_curve)} trials")


def _chosen(numbers: list[int]) -> int:
    """Return the trial to draw bold: the URL's, else the best; ``numbers`` are in order of rank."""
    asked = st.query_params.get("trial", "")
    first = int(asked) if asked.isdecimal() and int(asked) in numbers else numbers[0]
    chosen = st.selectbox(
        "Drawn bold",
        numbers,
        index=numbers.index(first),
        format_func=lambda number: _label(number, numbers[0]),
        width=230,
    )
    if chosen != first:
        st.query_params["trial"] = str(chosen)
        st.rerun()
    return first


def _label(number: int, best: int) -> str:
    return f"trial {number} (best)" if number == best else f"trial {number}"


run_page(draw)

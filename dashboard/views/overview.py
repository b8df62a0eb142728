"""Page: how a search stands."""

from __future__ import annotations

import time
from pathlib import Path

import streamlit as st

from dashboard import steering
from dashboard.charts.front_chart import front_chart
from dashboard.charts.staircase_chart import AXIS, staircase_chart
from dashboard.drawing import chart, folded, frame
from dashboard.frame import Open, no_trials_yet, palette, run_page
from dashboard.measured import damage
from dashboard.memory import remember
from dashboard.pages import link
from dashboard.prepare import health, overview
from dashboard.prepare.reports import Reports, reports_of
from dashboard.prepare.staircase import staircase_of, window
from dashboard.prepare.words import plain
from search.runs.account import Account
from search.runs.run import Run

ICONS = {
    "damaged": ":material/broken_image:",
    "stalled": ":material/hourglass_disabled:",
    "failed": ":material/error:",
    "diverged": ":material/trending_down:",
    "restarted": ":material/restart_alt:",
    "rejected": ":material/block:",
    "avoided": ":material/dns:",
}

MOST_LINKS = 4
"""Trials of a complaint that are links; the others are numbers."""


def draw(found: Open) -> None:
    """Draw the page."""
    run, told = found.run, remember(found.run, reports_of, found.run)
    with st.container(horizontal=True, gap="small"):
        # Not remembered: the time goes on while nothing changes on disk.
        for figure in overview.figures(run, found.state, now=_now(run)):
            st.metric(
                plain(figure.name),
                plain(figure.value),
                delta=plain(figure.note) if figure.note else None,
                delta_color="off",
                delta_arrow="off",
                border=True,
                width="stretch",
            )
    _counts(found)
    steering.search_actions(found)
    best = remember(run, overview.best, run)
    if best is None:
        _health(found, told)
        no_trials_yet()
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _staircase(found, told)
        _health(found, told)
        _savings(found)
    with right:
        _best(best)
        _front(found)
    steering.history(found)


def _now(run: Run) -> float:
    """Return what stands for now beside recorded times: the driver's last sign of life, where it has a driver."""
    return run.driver_time or time.time()


def _counts(found: Open) -> None:
    badges = [f":{color}-badge[{text}]" for text, color in overview.counts(found.run.progress())]
    if badges:
        st.markdown(" ".join(badges))


def _staircase(found: Open, told: Reports) -> None:
    run = found.run
    against = st.segmented_control(
        "Best so far, against",
        list(AXIS),
        default="epochs",
        required=True,
        key="against",
        bind="query-params",
    )
    stairs = remember(run, staircase_of, told, found.table)
    ahead = run.best()
    metric = run.plan.objective.metric
    if against == "minutes" and not stairs.timed:
        st.info("These logs have no times: choose *epochs*.", icon=":material/timer_off:")
        return
    end, beyond = window(stairs, maximize=run.scoring.maximize)
    options = staircase_chart(
        stairs,
        against=against,
        metric=metric,
        maximize=run.scoring.maximize,
        leader=ahead.score if ahead else None,
        end=end,
        palette=palette(),
    )
    chart(options, height=330, name="staircase", alt=f"The best {metric} so far, against {AXIS[against]}")
    lines = ["Line: the best value at any epoch of any trial. Dots: where trials ended, with their scores."]
    if beyond:
        lines.append(f"{beyond:,} trials ended outside of the picture, with a worse score.")
    st.caption(plain(" ".join(lines)))
    st.markdown("\n\n".join(map(plain, overview.outlook(_account(found)))))


def _best(best: overview.Best) -> None:
    with st.container(border=True):
        rows = "\n".join(f"| {plain(name)} | {plain(value)} |" for name, value in best.settings.items())
        parts = [
            f"#### Ahead: trial {best.trial}",
            plain(best.score),
            plain(best.gain),
            f":gray[{plain(best.caveat)}]" if best.caveat else "",
            f"| Setting | Value |\n|---|---|\n{rows}",
        ]
        st.markdown("\n\n".join(part for part in parts if part))
        link("trial", f"Look at trial {best.trial}", trials=str(best.trial))


def _health(found: Open, told: Reports) -> None:
    """Draw what is wrong. Not remembered: a trial stalls while nothing changes on disk."""
    now, broken = _now(found.run), damage(found.run)
    complaints = health.health(found.run, told, found.state, now=now, damage=broken)
    for complaint in complaints:
        first = next(iter(complaint.trials), "run")
        box = folded(
            plain(complaint.title),
            key=f"complaint: {complaint.kind} {first}",
            icon=ICONS[complaint.kind],
            expanded=complaint.kind == "stalled",
        )
        if box is not None:
            with box:
                st.text(complaint.reason)
                _trials(complaint)


def _trials(complaint: health.Complaint) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for number in complaint.trials[:MOST_LINKS]:
            link("trial", f"Trial {number}", trials=str(number))
        others = complaint.trials[MOST_LINKS:]
        if others:
            more = " …" if complaint.count > len(complaint.trials) else ""
            st.caption(f"and {', '.join(map(str, others))}{more}", width="content")


def _savings(found: Open) -> None:
    ledger = _account(found).ledger
    time_of = "GPU time" if ledger.unit == "GPU-hours" else "Worker time"
    titles = ("Part", "Trials", "Epochs", time_of, "Epochs saved", "Time saved")
    column = st.column_config.TextColumn
    st.markdown("**What was spent, and what early stopping saved**")
    st.dataframe(
        frame(dict(zip(titles, zip(*overview.savings(ledger), strict=True), strict=True))),
        hide_index=True,
        height="content",
        key="savings",
        column_config={
            title: column(pinned=title == "Part", alignment="left" if title == "Part" else "right")
            for title in titles
        },
    )


def _account(found: Open) -> Account:
    """Return the books of the search, as they stood when the last trial ended."""
    run = found.run
    began = remember(run, reports_of, run).begin
    return _books(run.layout.root, began, run.progress().finished, found.state == "running" or id(run), run)


# While a search runs, books for each report would cost more than all else on the page. ``_run`` is not compared;
# ``began`` tells it from an earlier run of that name.
@st.cache_resource(max_entries=16, show_spinner=False)
def _books(root: Path, began: float, ended: int, running: bool | int, _run: Run) -> Account:
    return _run.account


def _front(found: Open) -> None:
    run = found.run
    spread = remember(run, overview.tradeoff, run)
    if spread is None:
        return
    st.markdown("**Objectives and bounds beside the curve**")
    attribute = spread.attributes[0]
    if len(spread.attributes) > 1:
        attribute = st.segmented_control(
            "Against",
            spread.attributes,
            default=attribute,
            required=True,
            key="attribute",
            bind="query-params",
        )
    metric = run.plan.objective.metric
    options = front_chart(spread, attribute, bounds=run.plan.constraints, metric=metric, palette=palette())
    chart(options, height=300, name="front", alt=f"{metric} against {attribute} of the completed trials")
    table = frame(spread.columns)
    st.dataframe(table[table["front"]].drop(columns="front"), hide_index=True, key="on the front")


run_page(draw, filtered=False)

"""Page: the learning curves of all trials, the chosen ones bold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from dashboard import address
from dashboard.charts.curves_chart import Chosen, Look, curves_chart, marked
from dashboard.drawing import chart
from dashboard.frame import Open, no_trials_yet, nothing_left, palette, run_page
from dashboard.measured import measurements
from dashboard.memory import remember
from dashboard.pages import link
from dashboard.prepare import curves, metrics
from dashboard.prepare.curves import AGAINST, MOST_POINTS, Against, Bands
from dashboard.prepare.reports import Floats, Ints, reports_of
from dashboard.prepare.smoothing import MOST, smoothed
from dashboard.prepare.words import plain
from search.runs.objective_guess import guessed_mode

MOST_OFFERED = 1000
"""Trials that can be chosen from the list, best first; the URL and the leaderboard take any."""

MOST_DAMAGE = 3
"""Damaged places that are named."""

CLOSE = "Looks at the values in which the better half of the trials ended up."


@dataclass(frozen=True, eq=False)
class Data:
    """A metric of all trials: the steps (S,), the values (trials, S), and their places, (S,) or (trials, S)."""

    steps: Ints
    values: Floats
    x: Floats


@dataclass(frozen=True)
class Choices:
    """What the visitor chose."""

    metric: str
    against: Against
    smoothing: float
    bands: bool
    log: bool
    close: bool


def draw(found: Open) -> None:
    """Draw the page."""
    if not np.isfinite(found.table.values).any():
        no_trials_yet()
        return
    choices = _choices(found)
    bold = _bold(found)
    if not found.shown.any():
        nothing_left()
        return
    steps, values = _values(found, choices.metric)
    if choices.log:
        values = np.where(values > 0, values, np.nan)
    x = _places(found, steps, choices.against)
    if not np.isfinite(values[found.shown]).any():
        st.info(f"No event file has {plain(choices.metric)}.", icon=":material/search_off:")
        return
    if not np.isfinite(np.broadcast_to(x, values.shape)[np.isfinite(values)]).any():
        st.info(
            "These logs do not say when a value was measured: choose *epoch*.", icon=":material/timer_off:"
        )
        return
    _chart(found, choices, bold, Data(steps, values, x))


def _choices(found: Open) -> Choices:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        offered = remember(found.run, metrics.names, found.run, found.table)
        metric = st.selectbox("Metric", offered, key="metric", bind="query-params", width=200)
        against = st.selectbox("Against", AGAINST, key="axis", bind="query-params", width=140)
        smoothing = st.slider(
            "Smoothing", 0.0, MOST, 0.0, 0.05, key="smoothing", bind="query-params", width=160
        )
        bands = st.toggle("Percentiles", key="bands", bind="query-params")
        log = st.toggle("Log scale", key="log", bind="query-params")
        close = st.toggle("Better half", key="close", bind="query-params", help=CLOSE)
    return Choices(metric, against, smoothing, bands, log, close)


def _values(found: Open, metric: str) -> tuple[Ints, Floats]:
    """Return a metric; a damaged or missing event file says so, and costs its own curves only."""
    table = found.table
    if metric == table.metric:
        return table.steps, table.values
    with st.spinner("Reading the event files …"):
        measured = measurements(found.run)
    for sentence in measured.damage[:MOST_DAMAGE]:
        st.warning(plain(sentence), icon=":material/broken_image:")
    return remember(found.run, metrics.values, table, measured, metric)


def _bold(found: Open) -> list[int]:
    """Return the trials to draw bold: those of the URL, else the best."""
    place = found.table.facts["place"].to_numpy()
    known = set(np.flatnonzero(np.isfinite(found.table.values).any(axis=1)).tolist())
    asked = address.trials(known)
    ranked = [number for number in np.argsort(place).tolist() if number in known]
    st.session_state["bold"] = asked
    st.multiselect(
        "Drawn bold: the best trial, or those that you choose",
        list(dict.fromkeys([*asked, *ranked[:MOST_OFFERED]])),
        format_func=lambda number: f"trial {number}",
        key="bold",
        on_change=_chosen,
        max_selections=address.MOST_TRIALS,
        placeholder=f"trial {ranked[0]}, the best",
    )
    return asked or ranked[:1]


def _chosen() -> None:
    address.set_trials(st.session_state["bold"])


def _places(found: Open, steps: Ints, against: Against) -> Floats:
    if against in ("epoch", "step"):
        return steps.astype(np.float64)
    told = remember(found.run, reports_of, found.run)
    return curves.times(told, len(found.table), steps, since="trial" if against == "trial time" else "search")


def _chart(found: Open, choices: Choices, bold: Sequence[int], data: Data) -> None:
    values = data.values
    soft = smoothed(values, choices.smoothing)
    lines = curves.by_status(data.x, soft, list(found.table.facts["status"]), found.shown)
    trials = int((found.shown & np.isfinite(values).any(axis=1)).sum())
    by_step = choices.against in ("epoch", "step")
    look = Look(
        metric=choices.metric,
        against=choices.against,
        rungs=remember(found.run, curves.rungs_of, found.run),
        log=choices.log,
        end=found.table.horizon if by_step and not found.run.foreign else None,
        values=_window(found, choices, soft) if choices.close else None,
        palette=palette(),
    )
    options = curves_chart(
        lines,
        [_curve(number, choices, data, soft) for number in bold],
        _bands(found, choices, data, soft) if choices.bands else None,
        look,
    )
    chart(options, height=440, name="curves", alt=f"{choices.metric} by {choices.against} of {trials} trials")
    points = int(np.isfinite(values[found.shown]).sum())
    rungs = ", ".join(map(str, marked(look)))
    said = [_said(choices, trials, points), f"Dashed: rungs, at {rungs}." if rungs else ""]
    st.caption(plain(" ".join(said)))
    with st.container(horizontal=True, gap="small"):
        for number in bold[:4]:
            link("trial", f"Trial {number}", trials=str(number))
        if len(bold) > 1:
            link("compare", "Compare them", trials=",".join(map(str, bold)))


def _curve(number: int, choices: Choices, data: Data, soft: Floats) -> Chosen:
    row = np.broadcast_to(data.x, soft.shape)[[number]]
    whose = np.array([number])
    raw = curves.joined(row, data.values[[number]], whose) if choices.smoothing else None
    return Chosen(f"trial {number}", curves.joined(row, soft[[number]], whose), raw)


def _window(found: Open, choices: Choices, soft: Floats) -> tuple[float | None, float]:
    objective = found.run.plan.objective
    mode = objective.mode if choices.metric == objective.metric else guessed_mode(choices.metric)
    return curves.close_up(soft[found.shown], maximize=mode == "max", positive=choices.log)


def _bands(found: Open, choices: Choices, data: Data, soft: Floats) -> Bands | None:
    values = soft[found.shown]
    if choices.against == "search time":
        return None
    if choices.against == "trial time":
        return curves.bands(*curves.over_time(data.x[found.shown], values))
    return curves.bands(data.steps.astype(np.float64), values)


def _said(choices: Choices, trials: int, points: int) -> str:
    said = [f"{choices.metric} of {trials:,} trials."]
    if choices.smoothing:
        said.append(f"Smoothed by {choices.smoothing:.2f}; of bold curves the values as recorded lie behind.")
    if choices.bands and choices.against in ("epoch", "step"):
        said.append("Percentiles are of the trials that came so far: where weak ones stop, they rise.")
    elif choices.bands and choices.against == "trial time":
        said.append("Percentiles are of the trials that trained so long, each with its last value then.")
    elif choices.bands:
        said.append(
            "No percentiles: at one moment of a search, too few trials are under way, at different epochs."
        )
    if choices.log:
        said.append("Values of 0 and below have no place on a log scale.")
    if points > MOST_POINTS:
        said.append(f"Of {points:,} values, the highest and the lowest of every few steps are drawn.")
    return " ".join(said)


run_page(draw)

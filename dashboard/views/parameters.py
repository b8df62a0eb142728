"""Page: which parameters matter, and how: importance, slices with main effects, contours, interactions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from dashboard import address, jobs
from dashboard.charts.contour_chart import contour_chart
from dashboard.charts.importance_chart import height_of, importance_chart
from dashboard.charts.slice_chart import slice_chart
from dashboard.drawing import chart
from dashboard.epoch_choice import choose_epoch
from dashboard.frame import Open, no_trials_yet, nothing_left, palette, run_page
from dashboard.memory import remember
from dashboard.prepare import common_epoch, contour, effects, importance, slices
from dashboard.prepare.importance import Shares
from dashboard.prepare.table import Floats
from dashboard.prepare.words import plain

SLICES = 4
"""Slices at first, of the most important parameters."""

PAIRS = 5
"""Interactions that are listed."""


def draw(found: Open) -> None:
    """Draw the page."""
    if not np.isfinite(found.table.values).any():
        no_trials_yet()
        return
    if not found.table.parameters:
        st.info("This run searched nothing: every setting is fixed.", icon=":material/tune:")
        return
    epoch = _epoch(found)
    if epoch is None:
        st.info("No trial has a value yet that counts.", icon=":material/hourglass_empty:")
        return
    counted = remember(found.run, common_epoch.counted, found.run)
    filters = str(address.filters())
    values = remember(found.run, common_epoch.filtered_at, found.table, epoch, counted, filters)
    _importance(found, epoch)
    if not np.isfinite(values).any():
        nothing_left()
        return
    order = importance.ordered(found.table, remember(found.run, importance.at_once, found.run, epoch))
    _surface(found, values, order)
    _slices(found, values, order)


def _epoch(found: Open) -> int | None:
    """Return the epoch at which trials are compared, and say what that is for."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        reached = choose_epoch(found, common_epoch.telling, hint=None)
        if reached is None:
            return None
        st.caption(
            f"Like with like: {reached.trials:,} of {len(found.table):,} trials reached epoch {reached.epoch}, and "
            f"count with their {plain(found.table.metric)} there. A later epoch says more of the end, on fewer "
            "trials: those that early stopping liked."
        )
    return reached.epoch


def _importance(found: Open, epoch: int) -> None:
    st.subheader("Importance", anchor=False)
    quick = remember(found.run, importance.at_once, found.run, epoch)
    if quick is None:
        st.info(
            "At least 10 trials with a value at this epoch are needed: choose an earlier one.",
            icon=":material/hourglass_empty:",
        )
        return
    slow = _slow(found, epoch)
    methods = [("PED-ANOVA", quick), *([("fANOVA", slow)] if slow else [])]
    names = importance.ordered(found.table, quick)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        size = height_of(names, methods=len(methods))
        options = importance_chart(names, methods, palette=palette())
        chart(options, height=size, name="importance", alt="How much each parameter matters")
    with right:
        _explain(quick, slow)
        _ask(found, epoch)


def _explain(quick: Shares, slow: Shares | None) -> None:
    st.caption(
        f"**PED-ANOVA**: how much the settings of good trials differ from those of all; "
        f"the shares of all parameters add up to 1. It rests on {quick.trials:,} trials "
        f"at epoch {quick.epoch}. {quick.note}"
    )
    if not quick:
        st.caption("No parameter stands out: good trials have the settings of all.")
    if slow:
        worst = max(slow.errors.values(), default=0.0)
        st.caption(
            f"**fANOVA**: the share of the variance that each parameter explains by itself, in a random forest. It "
            f"rests on {slow.trials:,} trials at epoch {slow.epoch}; standard error at most {worst:.3f}. Settings that "
            f"some trials do not use are left out. {slow.note}"
        )


def _slow(found: Open, epoch: int) -> Shares | None:
    """Return what fANOVA said of this epoch, if it was asked."""
    job = jobs.job(_job(found, epoch))
    return importance.told(job.last("importance")) if job else None


def _job(found: Open, epoch: int) -> str:
    return f"fanova:{found.run.layout.root}:{epoch}"


def _ask(found: Open, epoch: int) -> None:
    """Let fANOVA be started and cancelled; it works in a process of its own."""
    if found.run.foreign:
        return
    name = _job(found, epoch)
    job = jobs.job(name)
    if job is not None and job.running:
        jobs.show_job(name, "fANOVA")
        return
    if job is not None and job.returncode and not job.canceled:
        jobs.show_job(name, "fANOVA")
    root = str(found.run.layout.root)
    command = jobs.verb("search.importance", "--fanova", "--epoch", str(epoch), "--", root)
    again = job is not None and job.returncode == 0
    st.button(
        "fANOVA again" if again else "Add fANOVA",
        icon=":material/forest:",
        on_click=_start,
        args=(name, command),
        help="A random forest on at most 300 trials: some ten seconds, in the background.",
    )


def _start(name: str, command: Sequence[str]) -> None:
    try:
        jobs.start(name, command)
    except OSError as error:
        st.toast(plain(error), icon=":material/error:")


def _surface(found: Open, values: Floats, order: Sequence[str]) -> None:
    if len(order) < 2:
        return
    st.subheader("Two parameters together", anchor=False)
    left, right = st.columns([5, 3], gap="medium")
    with right:
        pairs = remember(found.run, effects.interactions, found.table, values)
        first, second = _pair(order)
        _interactions(pairs)
    with left:
        _contour(found, values, first, second)


def _pair(order: Sequence[str]) -> tuple[str, str]:
    """Return the parameters of the contour: at first the two most important."""
    first = st.selectbox("Across", order, key="across", bind="query-params")
    # A widget takes its first value from one place only, and a click on an interaction has set it already.
    usual = 0 if "up" in st.session_state else 1
    second = st.selectbox("Up", order, index=usual, key="up", bind="query-params")
    return first, second


def _interactions(pairs: Sequence[effects.Interaction]) -> None:
    strongest = effects.notable(pairs, most=PAIRS)
    if not strongest:
        st.caption("No two parameters explain more together than each by itself, beyond what chance does.")
        return
    st.markdown("**Strongest interactions**")
    for pair in strongest:
        st.button(
            plain(f"{pair.first} × {pair.second}: {pair.share:.0%}"),
            key=f"pair:{pair.first}×{pair.second}",
            type="tertiary",
            on_click=_show_pair,
            args=(pair.first, pair.second),
            help=f"Together {pair.joint:.0%} of the variance, on {pair.trials:,} trials that use both",
        )
    st.caption(
        "The share of the variance that the two explain beyond the sum of their effects (two-way analysis of variance "
        "on groups of trials). A search draws good regions more often, so take it as a hint."
    )


def _show_pair(first: str, second: str) -> None:
    st.session_state["across"], st.session_state["up"] = first, second


def _contour(found: Open, values: Floats, first: str, second: str) -> None:
    if first == second:
        st.info("Choose two different parameters.", icon=":material/tune:")
        return
    surface = remember(found.run, contour.contour, found.table, values, first, second)
    if not len(surface.values):
        st.info("No trial uses both parameters at this epoch.", icon=":material/filter_alt_off:")
        return
    dark = st.context.theme.type == "dark"
    options = contour_chart(surface, maximize=found.table.maximize, palette=palette(), dark=dark)
    alt = f"{found.table.metric} over {first} and {second}, of {len(surface.values)} trials"
    chart(options, height=430, name="contour", alt=alt)
    st.caption(
        f"Bands: {plain(found.table.metric)} smoothed over {len(surface.values):,} trials, blank where none is near. "
        "Points: the trials."
    )


def _slices(found: Open, values: Floats, order: Sequence[str]) -> None:
    st.subheader("One parameter at a time", anchor=False)
    chosen = st.multiselect(
        "Parameters",
        order,
        default=order[:SLICES],
        key="slices",
        bind="query-params",
        label_visibility="collapsed",
    )
    limits = remember(found.run, slices.limits, values)
    columns = st.columns(2, gap="medium")
    for place, name in enumerate(chosen):
        with columns[place % 2]:
            _slice(found, values, name, limits)
    outside = f" {limits.outside:,} trials lie outside of what is shown." if limits.outside else ""
    st.caption(
        "Points: the trials' values at this epoch; triangles were stopped early, then or later. Line or box: the mean "
        f"of a group of about equally many trials, with its 95 % interval.{outside}"
    )


def _slice(found: Open, values: Floats, name: str, limits: slices.Limits) -> None:
    one = remember(found.run, slices.slice_of, found.table, values, name)
    if one is None:
        st.caption(f"No trial uses {plain(name)} at this epoch.")
        return
    options = slice_chart(one, limits, metric=found.table.metric, palette=palette())
    chart(options, height=300, name=f"slice:{name}", alt=f"{found.table.metric} by {name}")
    unused = f" {one.unused:,} trials do not use it." if one.unused else ""
    st.caption(f"By itself it explains {one.effect.share:.0%} of the variance at this epoch.{unused}")


run_page(draw)

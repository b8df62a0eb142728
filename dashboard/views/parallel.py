"""Page: parallel coordinates with a brush on every axis; what is brushed filters the pages of all trials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from dashboard import address
from dashboard.charts.small_curves_chart import small_curves_chart
from dashboard.components.parallel import parallel
from dashboard.drawing import chart
from dashboard.frame import Open, no_trials_yet, nothing_left, palette, run_page
from dashboard.memory import remember
from dashboard.pages import link
from dashboard.prepare import leaderboard
from dashboard.prepare import parallel as prepare
from dashboard.prepare.curves import joined
from dashboard.prepare.filters import FACTS
from dashboard.prepare.parallel import Axis
from dashboard.prepare.words import plain

AXES = "axes"
"""What the URL calls the order of the axes."""

BEST = 50
"""Trials below the canvas."""


def draw(found: Open) -> None:
    """Draw the page."""
    if not found.table.facts["score"].notna().any():
        no_trials_yet()
        return
    known = remember(found.run, prepare.known_axes, found.table)
    axes = prepare.arranged(known, st.query_params.get(AXES, ""))
    _canvas(found, known, axes)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _choice(known, axes)
        st.caption(
            "Drag on an axis to brush it, click a choice, click a brush to clear it. Drag a title to move its axis, "
            "click it to turn it over. What is brushed also filters Leaderboard, Curves, Parameters, Rungs and "
            "Timeline."
        )
    if found.shown.any():
        _best(found)
    else:
        nothing_left()


def _canvas(found: Open, known: Mapping[str, Axis], axes: tuple[Axis, ...]) -> None:
    table, filters = found.table, address.filters()
    kept = prepare.elsewhere(axes, filters)

    def told(what: Mapping[str, Any]) -> None:
        _set_axes(prepare.arrangement(known, prepare.order(what.get("order"))))
        address.set_filters(prepare.brushed(known, kept, what.get("brushes")))

    low, high = remember(found.run, prepare.legend, table)
    parallel(
        axes,
        remember(found.run, prepare.columns, table, axes, str(kept)),
        facts=FACTS,
        brushes=prepare.brushes(axes, filters),
        legend=(table.metric, *((low, high) if table.maximize else (high, low))),
        key=f"parallel:{found.run.name}",
        told=told,
    )


def _choice(known: Mapping[str, Axis], axes: tuple[Axis, ...]) -> None:
    """Let the visitor choose which axes are shown; new ones come last."""
    shown = [axis.name for axis in axes]
    with st.popover("Axes", icon=":material/view_column:"):
        chosen = st.pills(
            "Axes",
            list(known),
            default=shown,
            selection_mode="multi",
            format_func=lambda name: plain(known[name].title),
            key=f"axes:{','.join(sorted(shown))}",
        )
    if chosen and set(chosen) != set(shown):
        order = [(axis.name, axis.flip) for axis in axes if axis.name in chosen]
        order += [(name, False) for name in known if name in chosen and name not in shown]
        _set_axes(prepare.arrangement(known, order))
        st.rerun()


def _set_axes(text: str) -> None:
    if text:
        st.query_params[AXES] = text
    elif AXES in st.query_params:
        del st.query_params[AXES]


def _best(found: Open) -> None:
    table = found.table
    ranked = leaderboard.ranked(table, found.shown)
    rows = ranked[:BEST]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(f"The best {len(rows)} of {len(ranked):,}", anchor=False, width="content")
        link("leaderboard", "All in the leaderboard")
        link("curves", "All curves")
    left, right = st.columns([1, 1], gap="medium")
    with left:
        _board(found, rows)
    with right:
        line = joined(table.steps.astype(np.float64), table.values[rows], rows)
        options = small_curves_chart(line, metric=table.metric, trials=len(rows), palette=palette())
        name = f"{table.metric} by epoch of the best {len(rows)} trials that are let through"
        chart(options, height=340, name="best-curves", alt=name)


def _board(found: Open, rows: leaderboard.Rows) -> None:
    table = found.table
    column = st.column_config
    settings = leaderboard.setting_columns(table)
    numbers = [one for one in table.parameters if one.kind == "number"]
    st.dataframe(
        leaderboard.board(table, rows, None),
        hide_index=True,
        height=353,  # nine whole rows
        placeholder="–",
        column_order=["place", "trial", "score", "epochs", "status", *settings.values()],
        column_config={
            "place": column.NumberColumn("#", width=45),
            "trial": column.NumberColumn("Trial", width=55),
            "score": column.NumberColumn(table.metric, format="%.4f", help="The score"),
            "epochs": "Epochs",
            "status": "Status",
            **{settings[one.name]: column.NumberColumn(format="%.4g") for one in numbers},
        },
    )


run_page(draw)

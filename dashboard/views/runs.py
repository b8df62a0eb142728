"""Page: all runs in the folder."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import memory
from dashboard.drawing import frame
from dashboard.frame import nothing_here, runs_dir, sidebar_of_runs
from dashboard.pages import path_of
from dashboard.prepare.rows import Row, columns
from dashboard.prepare.words import plain
from dashboard.shelf import driver_of, stamp
from dashboard.watch import redraw_on_change
from search.runs.layout import RunLayout, find_runs


def draw() -> None:
    """Draw the page."""
    folder = runs_dir()
    sidebar_of_runs()
    layouts = list(find_runs(folder))
    if not layouts:
        nothing_here(folder)
        return
    rows = sorted((memory.row_of(layout) for layout in layouts), key=_newest_first)
    st.caption(
        f"{len(rows)} {'run' if len(rows) == 1 else 'runs'} in {plain(folder)}. Choose one to look into it."
    )
    _table(rows)
    for row in rows:
        if row.state == "damaged":
            st.error(f"**{plain(row.name)}** cannot be read:", icon=":material/error:")
            st.code(row.reason, language=None, wrap_lines=True)
    redraw_on_change(lambda: _look(folder))


def _newest_first(row: Row) -> tuple[bool, float, str]:
    return row.start is None, -row.start.timestamp() if row.start else 0.0, row.name


def _table(rows: list[Row]) -> None:
    event = st.dataframe(
        frame(columns(rows)),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-cell",
        key="runs",
        placeholder="–",
        column_config={
            "run": st.column_config.TextColumn("Run", pinned=True),
            "state": st.column_config.TextColumn("State"),
            "best": st.column_config.NumberColumn("Best", format="%.4f"),
            "metric": st.column_config.TextColumn("Metric"),
            "progress": st.column_config.ProgressColumn(
                "Progress", format="%d %%", min_value=0, max_value=100
            ),
            "trials": st.column_config.TextColumn("Trials ended"),
            "saved": st.column_config.NumberColumn(
                "Epochs saved",
                format="%d %%",
                help="Share of all epochs that stopping weak trials early saved",
            ),
            "start": st.column_config.DatetimeColumn("Started", format="distance"),
        },
    )
    cells = event.selection.cells
    if cells:
        st.switch_page(path_of("overview"), query_params={"run": rows[cells[0][0]].name})
    _buttons(rows)


def _buttons(rows: list[Row]) -> None:
    """Draw links to the newest runs: they are reached by keyboard and on a phone without a table's cells."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Newest:", width="content")
        for row in rows[:8]:
            st.page_link(
                path_of("overview"),
                label=plain(row.name),
                icon=":material/insights:",
                query_params={"run": row.name},
            )


def _look(folder: Path) -> tuple[object, ...]:
    return tuple((layout.root.name, stamp(layout), _driven(layout)) for layout in find_runs(folder))


def _driven(layout: RunLayout) -> bool:
    return driver_of(layout) is not None


draw()

"""Page: all runs in the folder."""

from __future__ import annotations

import streamlit as st

from dashboard import memory
from dashboard.drawing import frame
from dashboard.frame import nothing_here, runs_dir, sidebar_of_runs
from dashboard.listing import rows_of
from dashboard.pages import link, path_of
from dashboard.prepare.rows import Row, columns
from dashboard.prepare.words import plain
from dashboard.shelf import shelf
from dashboard.watch import redraw_on_change
from search.plan.place import Place

MOST_LINKS = 8


def draw() -> None:
    """Draw the page."""
    folder = runs_dir()
    sidebar_of_runs()
    shelved = shelf(folder)
    if not shelved:
        nothing_here(folder)
        return
    rows = sorted(rows_of(shelved), key=_newest_first)
    waiting = sum(row.state == "being read" for row in rows)
    more = f" {waiting} more are being read." if waiting else ""
    count = f"{len(rows)} {'run' if len(rows) == 1 else 'runs'}"
    st.caption(f"{count} in {plain(folder)}. Choose one to look into it.{more}")
    _links(rows)
    _table(rows)
    for row in rows:
        if row.state == "damaged":
            st.error(f"**{plain(row.name)}** cannot be read:", icon=":material/error:")
            st.code(row.reason, language=None, wrap_lines=True)
    if waiting:
        st.rerun()
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
        height=min(38 + 35 * len(rows), 640),
        column_config={
            "run": st.column_config.TextColumn("Run", pinned=True),
            "state": st.column_config.TextColumn("State", width=90),
            "best": st.column_config.NumberColumn("Best", format="%.4f", width=70),
            "spark": st.column_config.LineChartColumn(
                "Best so far", width=110, help="Against epochs spent; each on its own scale"
            ),
            "metric": st.column_config.TextColumn("Metric", width=95),
            "progress": st.column_config.ProgressColumn(
                "Progress", format="%d %%", min_value=0, max_value=100, width=110
            ),
            "trials": st.column_config.TextColumn("Trials ended", width=100),
            "saved": st.column_config.NumberColumn(
                "Saved",
                format="%d %%",
                width=65,
                help="Share of all epochs that stopping weak trials early saved",
            ),
            "start": st.column_config.DatetimeColumn("Started", format="distance", width=110),
            "budget": st.column_config.TextColumn("Budget"),
            "owner": st.column_config.TextColumn(
                "Owner", help="Who drives it: host and process; else who owns its files"
            ),
            "source": st.column_config.TextColumn(
                "Source",
                width=150,
                help="The program that wrote it; of a copy the machine or the bucket it comes from",
            ),
            "fetched": st.column_config.DatetimeColumn(
                "Brought home",
                format="distance",
                width=120,
                help="When this copy was last brought up to date",
            ),
        },
    )
    cells = event.selection.cells
    if cells:
        st.switch_page(path_of("overview"), query_params={"run": rows[cells[0][0]].name})


def _links(rows: list[Row]) -> None:
    """Draw links to the newest runs: they are reached by keyboard and on a phone without a table's cells."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for row in rows[:MOST_LINKS]:
            link("overview", plain(row.name), run=row.name)
        if len(rows) > MOST_LINKS:
            _search([row.name for row in rows])


def _search(names: list[str]) -> None:
    chosen = st.selectbox(
        "Another run", names, index=None, placeholder="Another run", label_visibility="collapsed", width=230
    )
    if chosen is not None:
        st.switch_page(path_of("overview"), query_params={"run": chosen})


def _look(folder: Place) -> tuple[object, ...]:
    return tuple((found, memory.row_version(found)) for found in shelf(folder))


draw()

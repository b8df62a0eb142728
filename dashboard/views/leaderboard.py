"""Page: all trials, best first, with what makes them comparable beside the score; to sort, to find, to download."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from dashboard import address
from dashboard.epoch_choice import choose_epoch
from dashboard.frame import Open, no_trials_yet, nothing_left, run_page
from dashboard.memory import remember
from dashboard.pages import link
from dashboard.prepare import common_epoch, leaderboard
from dashboard.prepare.find import find
from dashboard.prepare.leaderboard import Rows
from dashboard.prepare.table import Table
from dashboard.prepare.words import plain

HEIGHT = 560
"""Pixels of the table: fourteen rows, and the links below it still in sight at 800."""

HIDDEN = ("origin", "reason", "start", "best_epoch")
"""Columns that are not shown at first."""

RANK = "Rank"
"""The order of rows where no column is chosen."""

FAIR = "A stopped and a completed trial compare fairly where both were trained equally long."


def draw(found: Open) -> None:
    """Draw the page."""
    table = found.table
    if not len(table):
        no_trials_yet()
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        text = st.text_input(
            "Find",
            key="find",
            bind="query-params",
            placeholder="adam, learning_rate < 0.01",
            help="Words, or conditions such as `score >= 0.9`; commas separate them.",
            width=260,
        )
        reached = choose_epoch(found, common_epoch.widest, hint=FAIR)
        epoch = reached.epoch if reached else None
        column, descending = _order(table)
        columns = _columns(table)
        _downloads(found, epoch)
    typed = find(table, text)
    for mistake in typed.mistakes:
        st.warning(plain(mistake), icon=":material/search_off:")
    shown = found.shown & typed.rows
    if not shown.any():
        nothing_left() if not found.shown.any() else st.info("No trial matches what you typed.")
        return
    rows = leaderboard.ranked(table, shown)
    if column is not None:
        rows = leaderboard.by_column(table, rows, column, epoch, descending=descending)
    _board(table, rows, epoch, columns, remember(found.run, leaderboard.value_range, table))
    _links(table)
    _explain(found, epoch, rows)


def _order(table: Table) -> tuple[str | None, bool]:
    """Return the column that the rows are sorted by, None for the rank, and whether the largest comes first."""
    offered = _offered(table).items()
    known = {title: column for title, column in offered if column != "curve" and title != RANK}
    with st.popover("Sort", icon=":material/sort:"):
        title = st.selectbox("By", [RANK, *known], key="sort", bind="query-params")
        descending = st.toggle("Largest first", key="descending", bind="query-params", disabled=title == RANK)
        st.caption("A click on a column's title sorts too, for you alone; this is in the address.")
    return known.get(title), descending


def _columns(table: Table) -> list[str]:
    """Return the columns that are shown, beside place and number."""
    known = _offered(table)
    usual = [title for title, column in known.items() if column not in HIDDEN]
    with st.popover("Columns", icon=":material/view_column:"):
        chosen = st.multiselect(
            "Columns", list(known), default=usual, key="columns", bind="query-params", width=420
        )
    return [known[title] for title in chosen]


def _offered(table: Table) -> dict[str, str]:
    """Return all columns beside place and number, by what a page calls them."""
    settings = leaderboard.setting_columns(table).values()
    known = {**_titles(table), **{name: name for name in settings}, "Started": "start"}
    return known | {"Origin": "origin", "Reason": "reason"}


def _titles(table: Table) -> dict[str, str]:
    """Return the columns of facts by what a page calls them."""
    return {
        table.metric: "score",
        "At equal epochs": "at_epoch",
        "Best of any epoch": "best",
        "Epoch of the best": "best_epoch",
        "By epoch": "curve",
        "Epochs": "epochs",
        "Status": "status",
        "Seconds": "seconds",
    }


def _board(
    table: Table, rows: Rows, epoch: int | None, columns: list[str], ends: tuple[float, float]
) -> None:
    # Rows are chosen by place: where their order changes, it is another table.
    key = f"board:{hashlib.blake2s(rows.tobytes(), digest_size=6).hexdigest()}"
    chosen = address.trials(range(len(table)))
    places = {int(number): place for place, number in enumerate(rows)}
    st.dataframe(
        leaderboard.board(table, rows, epoch),
        hide_index=True,
        height=min(38 + 35 * len(rows), HEIGHT),
        placeholder="–",
        column_order=["place", "trial", *columns],
        column_config=_config(table, epoch, ends),
        key=key,
        on_select=partial(_choose, key, rows),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [places[one] for one in chosen if one in places]}},
    )


def _choose(key: str, rows: Rows) -> None:
    """Put the chosen rows into the URL; chosen trials that the table does not show stay chosen."""
    state: Any = st.session_state[key]
    here = [int(rows[place]) for place in state["selection"]["rows"] if place < len(rows)]
    shown = set(rows.tolist())
    known = address.trials(range(10**9))
    kept = [number for number in known if number not in shown or number in here]
    address.set_trials([*kept, *(number for number in here if number not in kept)])


def _config(table: Table, epoch: int | None, ends: tuple[float, float]) -> Mapping[str, Any]:
    column = st.column_config
    settings = leaderboard.setting_columns(table)
    numbers = {settings[one.name] for one in table.parameters if one.kind == "number"}
    return {
        "place": column.NumberColumn("#", pinned=True, width=45),
        "trial": column.NumberColumn("Trial", pinned=True, width=55),
        "score": column.NumberColumn(table.metric, format="%.4f", help="The score"),
        "at_epoch": column.NumberColumn(
            f"At epoch {epoch}",
            format="%.4f",
            help="The value at this epoch: all compared when equally trained",
        ),
        "best": column.NumberColumn(
            "Best of any epoch",
            format="%.4f",
            help="The best value of all epochs: too kind where curves are noisy",
        ),
        "best_epoch": column.NumberColumn("Epoch of the best"),
        "curve": column.LineChartColumn(
            "By epoch",
            y_min=ends[0],
            y_max=ends[1],
            width=120,
            help="Each over its own epochs, all on one scale of values",
        ),
        "epochs": column.NumberColumn("Epochs", width=65),
        "status": column.TextColumn("Status", width=105),
        "seconds": column.NumberColumn("Seconds", format="%.1f", width=75, help="Of training"),
        "start": column.DatetimeColumn("Started", format="YYYY-MM-DD HH:mm"),
        "origin": "Origin",
        "reason": "Reason",
        **{name: column.NumberColumn(name, format="%.4g") for name in numbers},
    }


def _links(table: Table) -> None:
    chosen = address.trials(range(len(table)))
    if not chosen:
        st.caption("Choose rows to compare them, or to see them on every other page.")
        return
    with st.container(horizontal=True, gap="small"):
        if len(chosen) > 1:
            link("compare", f"Compare {len(chosen)} trials")
        link("trial", f"Trial {chosen[0]}")
        link("curves", "Their curves" if len(chosen) > 1 else "Its curve")


def _downloads(found: Open, epoch: int | None) -> None:
    """Offer the trials that the filter lets through, with all columns; the file is made when it is asked for."""
    table, rows = found.table, leaderboard.ranked(found.table, found.shown)
    with st.popover("Download", icon=":material/download:"):
        st.caption(f"{len(rows):,} trials, all columns")
        for name, mime, make in (
            ("csv", "text/csv", leaderboard.csv),
            ("parquet", "application/vnd.apache.parquet", leaderboard.parquet),
        ):
            st.download_button(
                {"csv": "CSV", "parquet": "Parquet, with the curves"}[name],
                data=partial(make, table, rows, epoch),
                file_name=f"{found.run.name}.{name}",
                mime=mime,
                on_click="ignore",
                disabled=not len(rows),
                key=f"download:{name}",
            )


def _explain(found: Open, epoch: int | None, rows: Rows) -> None:
    at = "its best epoch" if found.run.scoring.at_best else "its last epoch"
    images = "" if found.run.foreign else ", on the validation images"
    there = int(np.isfinite(found.table.at(epoch)[rows]).sum()) if epoch is not None else 0
    equal = f" At epoch {epoch}: {there:,} of these {len(rows):,} trials have a value." if epoch else ""
    st.caption(
        f"A trial's score is {plain(found.table.metric)} at {at}{images}. A trial that was stopped early never "
        f"outranks a completed one; among those, who came further is ahead.{equal}"
    )


run_page(draw)

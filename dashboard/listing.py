"""The rows of the list of runs, read with patience: what is known is shown at once, what is not comes later."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence

import streamlit as st

from dashboard import memory
from dashboard.prepare.rows import Row
from dashboard.shelf import Shelved, changed

PATIENCE = 1.0
"""Seconds of reading before what is known is shown: a hundred large runs take minutes the first time."""


@st.cache_resource(show_spinner=False)
def _known() -> dict[Shelved, Hashable]:
    """Return which searches were read, and as what version: their rows are remembered."""
    return {}


def rows_of(
    shelved: Sequence[Shelved], *, patience: float = PATIENCE, clock: Callable[[], float] = time.monotonic
) -> list[Row]:
    """Return a row for each search, those that changed last first.

    When patience ends, a search that is not known yet has the state `being read`; at least one more is known with
    every call.

    Args:
        shelved: all searches.
        patience: in seconds.
        clock: in seconds.
    """
    rows: list[Row] = []
    until, fresh = clock() + patience, 0
    for found in sorted(shelved, key=changed, reverse=True):
        version = memory.row_version(found)
        known = found in _known() and _known()[found] == version
        if known or not fresh or clock() < until:
            fresh += not known
            rows.append(memory.row_of(found))
            _known()[found] = version
        else:
            rows.append(Row(found.name, "being read"))
    return rows

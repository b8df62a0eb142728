"""What the pages of all visitors share: runs that were read stay read until their files change. In memory only."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.prepare.rows import Row, row
from dashboard.shelf import Opened, Stamp, driver_of, stamp, try_open
from search.runs.layout import RunLayout


def opened(layout: RunLayout) -> Opened:
    """Return a run as it stands on disk."""
    return _opened(layout.root, stamp(layout))


def row_of(layout: RunLayout) -> Row:
    """Return a run's row in the list."""
    return _row(layout.root, stamp(layout), driver_of(layout) is not None)


# ``seen`` is there to be compared with the stamps of earlier calls. Streamlit leaves names that begin with an
# underscore out of that comparison, so it must not be called ``_``.
@st.cache_resource(max_entries=8, show_spinner=False)
def _opened(root: Path, seen: Stamp) -> Opened:
    return try_open(RunLayout(root))


@st.cache_resource(max_entries=2000, show_spinner=False)
def _row(root: Path, seen: Stamp, driven: bool) -> Row:
    return row(root.name, try_open(RunLayout(root)), driven=driven)

"""What the pages of all visitors share: runs that were read stay read, and grow by what came since. In memory only."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import streamlit as st

from dashboard.prepare.rows import Row, row
from dashboard.shelf import Book, Opened, Stamp, driver_of, stamp
from search.runs.layout import RunLayout
from search.runs.run import Run

P = ParamSpec("P")
R = TypeVar("R")

P = ParamSpec("P")
R = TypeVar("R")

OPEN = 8
"""Runs that stay in memory; one of 5,000 trials of 50 epochs takes some 400 MB."""


class _Kept:
    """One run in memory, for all visitors."""

    def __init__(self, layout: RunLayout) -> None:
        self._lock = threading.Lock()
        self._book = Book(layout)
        self._seen: Stamp | None = None
        self._opened: Opened | None = None

    def read(self, seen: Stamp) -> Opened:
        """Return the run as it stands; it is looked at again only where the stamp differs from the last one."""
        with self._lock:
            if self._opened is None or seen != self._seen:
                self._opened, self._seen = self._book.read(), seen
            return self._opened


def opened(layout: RunLayout) -> Opened:
    """Return a run as it stands on disk."""
    return _kept(layout.root).read(stamp(layout))


def row_of(layout: RunLayout) -> Row:
    """Return a run's row in the list."""
    seen, driven = stamp(layout), driver_of(layout) is not None
    # A run that grows is worth keeping: each look then reads what came since.
    return row(layout.root.name, opened(layout), driven=True) if driven else _row(layout.root, seen)


def remember(run: Run, function: Callable[P, R], *arguments: P.args, **more: P.kwargs) -> R:
    """Return what a pure function gives, from memory where it was asked before for this run as it stands.

    Args:
        run: the result is kept as long as this object; a run that changed is another one.
        function: pure, from a module: its identity is part of the key.
        arguments: hashable, or the run itself, or what was remembered of it.
        more: hashable.
    """
    known = run.derived
    key = (
        function,
        tuple("run" if argument is run else _key(argument) for argument in arguments),
        tuple((name, _key(value)) for name, value in more.items()),
    )
    if key not in known:
        # The arguments stay alive with the result: the number of an object may else be given to another one.
        others = tuple(argument for argument in arguments if argument is not run)
        known[key] = (function(*arguments, **more), others)
    found: R = known[key][0]
    return found


def _key(argument: object) -> object:
    try:
        hash(argument)
    except TypeError:
        return id(argument)
    return argument


@st.cache_resource(max_entries=OPEN, show_spinner=False)
def _kept(root: Path) -> _Kept:
    return _Kept(RunLayout(root))


# ``seen`` is there to be compared with the stamps of earlier calls. Streamlit leaves names that begin with an
# underscore out of that comparison, so it must not be called ``_``.
@st.cache_resource(max_entries=2000, show_spinner=False)
def _row(root: Path, seen: Stamp) -> Row:
    return row(root.name, Book(RunLayout(root)).read(), driven=False)

"""What the pages of all visitors share: runs that were read stay read, and grow by what came since. In memory only."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import ParamSpec, TypeVar

import streamlit as st

from dashboard.prepare.rows import Row, row
from dashboard.shelf import Opened, Shelved, Stamp, book, driver_of, stamp
from search.runs.run import Run

P = ParamSpec("P")
R = TypeVar("R")

OPEN = 8
"""Runs that stay in memory; one of 5,000 trials of 50 epochs takes some 400 MB."""


class _Kept:
    """One search in memory, for all visitors."""

    def __init__(self, found: Shelved) -> None:
        self._lock = threading.Lock()
        self._book = book(found)
        self._seen: Stamp | None = None
        self._opened: Opened | None = None

    def read(self, seen: Stamp | None) -> Opened:
        """Return the search as it stands; it is looked at again where the stamp is another one, or None."""
        with self._lock:
            if self._opened is None or seen is None or seen != self._seen:
                self._opened, self._seen = self._book.read(), seen
            return self._opened


def opened(found: Shelved) -> Opened:
    """Return a search as it stands on disk; the same object where nothing changed."""
    return _kept(found).read(stamp(found.layout) if found.logs is None else None)


def version(found: Shelved) -> Hashable:
    """Return what changes when a search does; of ours it is known without reading."""
    if found.logs is None:
        return stamp(found.layout), driver_of(found.layout) is not None
    return id(opened(found))


def row_of(found: Shelved) -> Row:
    """Return a search's row in the list."""
    driven = driver_of(found.layout) is not None
    if driven or found.logs is not None:
        return row(found.name, opened(found), driven=driven)
    return _row(found, stamp(found.layout))


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
def _kept(found: Shelved) -> _Kept:
    return _Kept(found)


# ``seen`` is there to be compared with the stamps of earlier calls. Streamlit leaves names that begin with an
# underscore out of that comparison, so it must not be called ``_``. Rows are kept longer than runs.
@st.cache_resource(max_entries=2000, show_spinner=False)
def _row(found: Shelved, seen: Stamp) -> Row:
    return row(found.name, opened(found), driven=False)

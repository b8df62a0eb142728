"""What the pages of all visitors share: runs that were read stay read, and grow by what came since. In memory only."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Hashable
from typing import ParamSpec, TypeVar

import streamlit as st

from dashboard.prepare.rows import Row, row
from dashboard.shelf import LOGS_EVERY, Opened, Shelved, Stamp, book, driver_of, fetched_at, stamp
from search.runs.run import Run

P = ParamSpec("P")
R = TypeVar("R")

OPEN = 8
"""Runs that stay in memory; one of 5,000 trials of 50 epochs takes some 400 MB."""

MOST_DERIVED = 100
"""Results that are kept of one run: all pages together ask for some 30; each other choice of a visitor is one more."""

_numbers = itertools.count()
_bookkeeping = threading.Lock()


class _Kept:
    """One search in memory, for all visitors."""

    def __init__(self, found: Shelved) -> None:
        self._lock = threading.Lock()
        self._book = book(found)
        self._seen: Stamp | None = None
        self._opened: Opened | None = None
        self._number = next(_numbers)

    def read(self, seen: Stamp | None) -> Opened:
        """Return the search as it stands; it is looked at again where the stamp is another one, or None."""
        with self._lock:
            if self._opened is None or seen is None or seen != self._seen:
                found, self._seen = self._book.read(), seen
                if found is not self._opened:
                    self._opened, self._number = found, next(_numbers)
            return self._opened

    @property
    def number(self) -> int:
        """What is another one for each other search that was read, also after this object is gone."""
        return self._number


def opened(found: Shelved) -> Opened:
    """Return a search as it stands on disk; the same object where nothing changed."""
    return _kept(found).read(stamp(found.layout) if found.logs is None else None)


def version(found: Shelved) -> Hashable:
    """Return what changes when a search does; of ours it is known without reading."""
    if found.logs is None:
        return stamp(found.layout), fetched_at(found.layout), driver_of(found.layout) is not None
    opened(found)
    return _kept(found).number


def row_version(found: Shelved) -> Hashable:
    """Return what changes when a search's row in the list is to be made again; known without reading.

    Rows of other programs' searches are made again after `LOGS_EVERY` seconds: a folder may have more of them than
    stay in memory, and each look would read them all.
    """
    return version(found) if found.logs is None else int(time.time() // LOGS_EVERY)


def row_of(found: Shelved) -> Row:
    """Return a search's row in the list."""
    driven = driver_of(found.layout) is not None
    if driven:
        return row(found.name, opened(found), driven=True)
    return _row(found, row_version(found))


def remember(run: Run, function: Callable[P, R], *arguments: P.args, **more: P.kwargs) -> R:
    """Return what a pure function gives, from memory where it was asked before for this run as it stands.

    Args:
        run: the result is kept as long as this object, one of its last `MOST_DERIVED`; a run that changed is another.
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
    kept = known.get(key)
    if kept is None:
        # The arguments stay alive with the result: the number of an object may else be given to another one.
        kept = function(*arguments, **more), tuple(one for one in arguments if one is not run)
    with _bookkeeping:
        known.pop(key, None)
        known[key] = kept  # the last one now
        while len(known) > MOST_DERIVED:
            del known[next(iter(known))]
    found: R = kept[0]
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
def _row(found: Shelved, seen: Hashable) -> Row:
    return row(found.name, opened(found), driven=False, bucket="" if found.local else found.place)

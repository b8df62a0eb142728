"""Where a run's study is: its journal, or an Optuna storage that a team shares; opened, or refused in a sentence."""

from __future__ import annotations

import json
import os
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from optuna.exceptions import OptunaError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from search.runs.errors import StudyError
from search.runs.journal import Journal, ReadOnlyJournal
from search.runs.layout import RunLayout
from search.runs.storage_url import VARIABLE, without_password

TABLES = 0x57494E4E4F57
"""The lock of who makes the tables of an empty PostgreSQL: any number that others do not take, here `WINNOW`."""


@dataclass(frozen=True)
class SharedStorage:
    """A study outside the run's folder: an Optuna storage URL without its password, its name, the run's id."""

    url: str
    study: str
    run: str


def read_storage(layout: RunLayout) -> SharedStorage | None:
    """Return where the study of a run is, when it is not its journal.

    Raises:
        StudyError: the file that says so is damaged.
    """
    if not layout.storage.is_file():
        return None
    try:
        return SharedStorage(**json.loads(layout.storage.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise StudyError(f"{layout.storage} is damaged, or of another version: {error}") from error


def open_for_writing(journal: Path) -> tuple[BaseStorage, Path | None]:
    """Open a run's journal as its driver; what a crash has torn is cut off.

    Returns:
        The storage, and where the torn record was put, if there was one.

    Raises:
        StudyError: a record in the middle is damaged.
    """
    backend = Journal(journal)
    return _loaded(journal, lambda: JournalStorage(backend)), backend.mended


def open_for_reading(journal: Path, url: str | None = None) -> BaseStorage:
    """Open the study's storage as a reader: the journal, or an Optuna storage URL.

    Raises:
        FileNotFoundError: there is no journal.
        StudyError: it cannot be opened.
    """
    return open_shared(url) if url else _loaded(journal, lambda: JournalStorage(ReadOnlyJournal(journal)))


def open_shared(url: str) -> BaseStorage:
    """Open an Optuna storage URL; where its password is left out, `WINNOW_STORAGE` may hold it.

    Raises:
        StudyError: it is no URL, its driver is not installed, or the database is out of reach.
    """
    try:
        full = _with_password(url)
        with _tables_alone(full):
            storage = RDBStorage(full)
        # Nobody closes a storage of Optuna's: its connections would stay open until the garbage collector finds them.
        weakref.finalize(storage, storage.engine.dispose)
        return storage
    except (SQLAlchemyError, OptunaError, ImportError, ValueError) as error:
        reason = str(error).split("\n")[0]
        raise StudyError(
            f"--storage {without_password(url)}: an Optuna storage URL such as postgresql://user@host/name or "
            f"sqlite:///file.db is expected, but it cannot be opened: {without_password(reason)}"
        ) from error


@contextmanager
def _tables_alone(url: str) -> Iterator[None]:
    """Within it no other search makes tables in the same PostgreSQL: of several that do, all but one are refused."""
    engine = create_engine(url)
    try:
        if engine.dialect.name == "postgresql":
            with engine.connect() as connection:
                connection.execute(text("select pg_advisory_lock(:key)"), {"key": TABLES})
                yield
        else:
            yield
    finally:
        engine.dispose()  # and with its connection goes the lock


def _with_password(url: str) -> str:
    """Return the URL of the environment where it is this one with its password, else this one."""
    full = os.environ.get(VARIABLE, "")
    return full if without_password(full) == url else url


def _loaded(journal: Path, load: Callable[[], BaseStorage]) -> BaseStorage:
    with reading(journal):
        return load()


@contextmanager
def reading(journal: Path) -> Iterator[None]:
    """Within it Optuna's errors about a damaged journal become one sentence.

    Raises:
        StudyError: with the first line that is no record.
    """
    try:
        yield
    except (ValueError, KeyError, AssertionError) as error:
        damaged = damaged_line(journal) if journal.is_file() else None
        if damaged is None:
            raise
        number, found = damaged
        raise StudyError(
            f"{journal}:{number}: a record in JSON is expected, but found {found[:60]!r}"
        ) from error


def damaged_line(journal: Path) -> tuple[int, bytes] | None:
    """Return the first line that is no record, with its number from 1; a torn last line is no damage."""
    with journal.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                json.loads(line)
            except ValueError:
                return (number, line) if line.endswith(b"\n") else None
    return None

"""Where a run's study is: its journal, or an Optuna storage that a team shares; opened, or refused in a sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from optuna.exceptions import OptunaError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from sqlalchemy.exc import SQLAlchemyError

from search.runs.errors import StudyError
from search.runs.journal import Journal, ReadOnlyJournal
from search.runs.layout import RunLayout


@dataclass(frozen=True)
class SharedStorage:
    """A study outside the run's folder: an Optuna storage URL without its password, its name, the run's id."""

    url: str
    study: str
    run: str


def read_storage(layout: RunLayout) -> SharedStorage | None:
    """Return where the study of a run is, when it is not its journal."""
    if not layout.storage.is_file():
        return None
    return SharedStorage(**json.loads(layout.storage.read_text(encoding="utf-8")))


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
    """Open an Optuna storage URL.

    Raises:
        StudyError: it is no URL, its driver is not installed, or the database is out of reach.
    """
    try:
        return RDBStorage(url)
    except (SQLAlchemyError, OptunaError, ImportError, ValueError) as error:
        reason = str(error).split("\n")[0]
        raise StudyError(
            f"--storage {without_password(url)}: an Optuna storage URL such as postgresql://user@host/name or "
            f"sqlite:///file.db is expected, but it cannot be opened: {without_password(reason)}"
        ) from error


def without_password(url: str) -> str:
    """Return a storage URL that may be written down or shown."""
    return re.sub(r"(://[^:/@\s]*):[^@\s]*@", r"\1@", url)


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

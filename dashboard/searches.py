"""Searches that the dashboard begins or resumes: processes of their own, which go on when the dashboard ends.

Each has a folder `.winnow/searches/<id>/` below the folder of runs: the space as it was, what was started by whom and
when, and what it said. A search holds a lock on its log, which the kernel frees at its end.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import stat
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dashboard.jobs import environment
from search.cluster import paths
from search.runs.clock import known_time
from search.runs.layout import NAME, write_json, write_text
from search.runs.requests import who

SPACE, ABOUT, LOG, END = "space.yaml", "search.json", "log", "end.json"

MOST_TEXT = 256 * 1024
"""Bytes of a space that the dashboard takes."""

MOST_SAID = 4000
"""Bytes of a log's end that are shown."""

MOST_LISTED = 20
"""Searches that are listed: the last ones."""


class CannotBegin(OSError):  # noqa: N818 (says what is the case)
    """A search cannot be begun here; the message says why."""


@dataclass(frozen=True)
class Begun:
    """A search that was begun from here. ``run`` is the name of its run; ``at`` is in seconds since 1970."""

    id: str
    run: str
    words: tuple[str, ...]
    by: str
    at: float
    folder: Path

    @property
    def alive(self) -> bool:
        """Whether its process lives."""
        if not _is_plain(self.folder / LOG):  # to open a pipe would wait for its writer
            return False
        with suppress(OSError), (self.folder / LOG).open("rb") as log:
            try:
                fcntl.flock(log, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    @property
    def returncode(self) -> int | None:
        """Its exit code; None while it lives, and where the dashboard ended before it did."""
        found = _document(self.folder / END).get("returncode")
        return found if isinstance(found, int) else None

    @property
    def said(self) -> str:
        """The end of what it said."""
        return tail(self.folder / LOG)


def begin(runs: Path, run: str, text: str, words: Sequence[str]) -> Begun:
    """Begin a new search; it is on its own from then on.

    Args:
        runs: the folder of all runs; made when missing.
        run: the name of its run.
        text: the space, in YAML; relative paths in it start at the folder that this makes.
        words: further arguments of `search.run`.

    Raises:
        CannotBegin: the folder cannot be written.
    """
    if len(text.encode("utf-8")) > MOST_TEXT:
        raise CannotBegin(f"a space of at most {MOST_TEXT // 1024} kB is expected")
    folder = _new_folder(runs)
    with _refusing(folder):
        write_text(folder / SPACE, text)
    command = [
        "search.run",
        "--space",
        str(folder / SPACE),
        "--runs-dir",
        str(runs.resolve()),
        "--name",
        run,
        *words,
    ]
    return _begin(folder, run, command)


def resume(root: Path, words: Sequence[str] = ()) -> Begun:
    """Go on with a run; the search is on its own from then on.

    Args:
        root: the run's folder.
        words: further arguments of `search.resume`.

    Raises:
        CannotBegin: the folder of runs cannot be written.
    """
    return _begin(_new_folder(root.parent), root.name, ["search.resume", str(root), *words])


def begun(runs: Path) -> list[Begun]:
    """Return the searches that were begun from here, the last one first."""
    folders = _folders(runs / ".winnow" / "searches")
    newest = sorted(folders, key=lambda pair: pair[0], reverse=True)[:MOST_LISTED]
    return [found for _, folder in newest if (found := _read(folder)) is not None]


def last_begun(root: Path) -> Begun | None:
    """Return the last search of a run that was begun or resumed from here."""
    return next((one for one in begun(root.parent) if one.run == root.name), None)


def keep_for_check(runs: Path, text: str) -> Path:
    """Write a space where a verb can check it, and return its file; the oldest such files go.

    Raises:
        CannotBegin: the folder cannot be written.
    """
    folder = runs.resolve() / ".winnow" / "checks"
    path = folder / f"{hashlib.sha256(text.encode('utf-8')).hexdigest()[:16]}.yaml"
    with _refusing(folder):
        write_text(path, text, durable=False)
        for old in sorted(folder.glob("*.yaml"), key=written_at)[:-MOST_LISTED]:
            old.unlink(missing_ok=True)
    return path


def written_at(path: Path) -> float:
    """Return when a file was written, in seconds since 1970; 0 where it was removed since it was found."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def why_no_name(runs: Path, name: str) -> str:
    """Return why a new run cannot have that name; empty where it can."""
    if not NAME.fullmatch(name):
        return (
            "A name has 1 to 100 letters, digits, '.', '_' and '-', and begins with a letter, a digit or '_'."
        )
    return "" if free_name(runs, name) == name else "Something of that name is there already."


def free_name(runs: Path, wanted: str) -> str:
    """Return a name that is free: the wanted one, else with a number behind it, as `search.run` chooses it."""
    taken = {path.name for path in runs.iterdir()} if runs.is_dir() else set()
    taken |= {one.run for one in begun(runs) if one.alive}
    return paths.free_name(wanted, taken)


def tail(path: Path, most: int = MOST_SAID) -> str:
    """Return the end of a log, so many bytes at the most; empty where there is none."""
    try:
        if not _is_plain(path):
            return ""
        with path.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - most))
            return log.read(most).decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _begin(folder: Path, run: str, command: Sequence[str]) -> Begun:
    made = Begun(folder.name, run, tuple(command), who(), time.time(), folder)
    with _refusing(folder), (folder / LOG).open("ab") as log:
        # Locked before anyone can find it: an onlooker holds the lock for an instant.
        fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
        write_json(folder / ABOUT, {name: value for name, value in asdict(made).items() if name != "folder"})
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment(),
            start_new_session=True,
        )
    threading.Thread(target=_see_off, args=(process, folder), daemon=True, name=f"search {run}").start()
    return made


def _see_off(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait for a search's end: else it stays as a zombie until the dashboard's own. Keep its exit code."""
    code = process.wait()
    with suppress(OSError):
        write_json(folder / END, {"returncode": code})


@contextmanager
def _refusing(folder: Path) -> Iterator[None]:
    """Say of an error of the file system that a search cannot be begun there."""
    try:
        yield
    except OSError as error:
        raise CannotBegin(f"{folder}: {error.strerror or error}: no search can be begun here") from error


def _new_folder(runs: Path) -> Path:
    folder = runs.resolve() / ".winnow" / "searches" / uuid.uuid4().hex[:12]
    with _refusing(folder):
        folder.mkdir(parents=True, mode=0o700)
    return folder


def _folders(folder: Path) -> Iterator[tuple[int, Path]]:
    with suppress(OSError):
        for path in folder.iterdir():
            with suppress(OSError):
                found = path.lstat()
                if stat.S_ISDIR(found.st_mode):
                    yield found.st_mtime_ns, path


def _read(folder: Path) -> Begun | None:
    document = _document(folder / ABOUT)
    try:
        made = Begun(**{**document, "words": tuple(map(str, document["words"])), "folder": folder})
    except (TypeError, KeyError):
        return None
    texts = isinstance(made.run, str) and isinstance(made.by, str)
    return made if texts and known_time(made.at) is not None else None


def _is_plain(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _document(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(tail(path, MOST_TEXT))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}

"""Long work: a verb in a subprocess, its progress read from the JSON lines that it prints. Nothing blocks a page.

A job ends with the server. What must outlive it, a search, is begun by `dashboard.searches`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import streamlit as st

import search
from dashboard.access import VARIABLE
from dashboard.prepare.words import plain

MOST_LINES = 500
"""Of a job's progress that are kept."""

MOST_BYTES = 1024 * 1024
"""Of one line; what is longer is cut into several. A vocabulary has 11 kB."""

MOST_AT_ONCE = 4
"""Jobs that work at one time: each may load torch, some 400 MB and two processors' seconds."""

MOST_JOBS = 50
"""That are remembered after their end."""

GRACE = 5.0
"""Seconds that jobs have to clean up when the server ends."""

Line = Mapping[str, Any]


class Job:
    """One run of a verb. ``lines`` are the last JSON lines that it printed.

    Args:
        command: program and arguments.

    Raises:
        OSError: the program cannot be started.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.command = tuple(command)
        self.canceled = False
        self._lines: deque[Line] = deque(maxlen=MOST_LINES)
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment(),
            start_new_session=True,  # its own group: whom it starts ends with it, too
        )
        self._reader = threading.Thread(target=self._read, daemon=True, name="job")
        self._reader.start()

    @property
    def running(self) -> bool:
        """Whether it still works."""
        return self._reader.is_alive()

    @property
    def returncode(self) -> int | None:
        """The exit code; None while it works."""
        return None if self.running else self._process.wait()

    @property
    def lines(self) -> tuple[Line, ...]:
        """What it has said so far."""
        return tuple(self._lines)

    @property
    def failure(self) -> str:
        """Why it failed, in a sentence or several; empty while it works and where it did not."""
        if self.running or not self.returncode:
            return ""
        if self.canceled:
            return "It was canceled."
        said = next((line["mistakes"] for line in reversed(self.lines) if line.get("mistakes")), ())
        told = [str(text) for text in said] or [str(line.get("text", "")) for line in self.lines[-3:]]
        return "\n".join(filter(None, told)) or f"It ended with exit code {self.returncode}."

    def last(self, event: str) -> Line | None:
        """Return the last line of an event."""
        return next((line for line in reversed(self.lines) if line.get("event") == event), None)

    def cancel(self, *, at_once: bool = False) -> None:
        """Ask it to end, as Ctrl+C does: it takes away what is half done.

        Args:
            at_once: it has no time for that.
        """
        self.canceled = True
        with suppress(ProcessLookupError):
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL if at_once else signal.SIGINT)

    def join(self, seconds: float) -> bool:
        """Wait for its end, so many seconds at the most; tell whether it came."""
        self._reader.join(max(0.0, seconds))
        return not self.running

    def _read(self) -> None:
        output: IO[bytes] | None = self._process.stdout
        assert output is not None
        with output:
            for line in iter(lambda: output.readline(MOST_BYTES), b""):
                self._lines.append(parsed(line))
        self._process.wait()


def parsed(line: bytes) -> Line:
    """Return a line of a verb; what is no JSON object is a message."""
    text = line.decode("utf-8", "replace").rstrip()
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"event": "message", "text": text}


def environment() -> dict[str, str]:
    """Return the environment of a verb: it finds this very copy of Winnow, and does not learn the password."""
    home = str(Path(search.__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))
    return {**{name: value for name, value in os.environ.items() if name != VARIABLE}, "PYTHONPATH": path}


class Jobs:
    """The jobs of this server, by name."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def start(self, name: str, command: Sequence[str]) -> Job:
        """Start a job; see `start`."""
        with self._lock:
            known = self._jobs.get(name)
            if known is not None and known.running:
                return known
            if sum(one.running for one in self._jobs.values()) >= MOST_AT_ONCE:
                raise BlockingIOError(
                    f"{MOST_AT_ONCE} jobs are working already; try again when one has ended"
                )
            self._jobs.pop(name, None)
            self._jobs[name] = made = Job(command)
            for old in [old for old, one in self._jobs.items() if not one.running][:-MOST_JOBS]:
                del self._jobs[old]
            return made

    def get(self, name: str) -> Job | None:
        """Return the last job of that name."""
        return self._jobs.get(name)

    def end(self) -> None:
        """End all of them; those that do not within `GRACE` seconds are killed."""
        with self._lock:
            left = [one for one in self._jobs.values() if one.running]
            self._jobs.clear()
        for one in left:
            one.cancel()
        deadline = time.monotonic() + GRACE
        for one in left:
            if not one.join(deadline - time.monotonic()):
                one.cancel(at_once=True)
                one.join(GRACE)


JOBS = Jobs()


def start(name: str, command: Sequence[str]) -> Job:
    """Start a job; one of that name that still works is returned instead.

    Args:
        name: whose work it is, such as ``export:digits:7``.
        command: program and arguments; a verb with ``--json``.

    Raises:
        OSError: the program cannot be started, or too many work already.
    """
    return JOBS.start(name, command)


def job(name: str) -> Job | None:
    """Return the last job of that name; None where there is none."""
    return JOBS.get(name)


def end_all() -> None:
    """End all jobs, as the server's end does."""
    JOBS.end()


def verb(name: str, *words: str) -> list[str]:
    """Return the command that runs a verb with ``--json`` in this very Python.

    Args:
        name: of its module, such as ``search.export``.
        words: its arguments; what comes from a file or a visitor stands behind ``--``.
    """
    return [sys.executable, "-m", name, "--json", *words]


def begin(name: str, command: Sequence[str]) -> None:
    """Start a job that a visitor asked for, and draw the page again; where that is not possible, say why."""
    try:
        start(name, command)
    except OSError as error:
        st.error(plain(error), icon=":material/error:")
    else:
        st.rerun()


def busy(name: str) -> bool:
    """Tell whether a job of that name works."""
    found = job(name)
    return found is not None and found.running


def show_job(name: str, title: str) -> None:
    """Draw a job's progress, again every second while it works; the page is drawn again when it ends.

    Args:
        name: of the job; where there is none, nothing is drawn.
        title: what it does, such as ``Exporting trial 7``.
    """
    found = job(name)
    if found is None:
        return
    if not found.running:
        show_failure(name, title)
        return

    def draw() -> None:
        if not found.running:
            st.rerun()
        _working(found, name, title)

    st.fragment(draw, run_every=1.0)()


def show_failure(name: str, title: str) -> None:
    """Say why a job has failed, where it has."""
    found = job(name)
    if found is not None and found.failure:
        st.error(f"{plain(title)} failed:", icon=":material/error:")
        st.code(found.failure, language=None, wrap_lines=True)


def _working(found: Job, name: str, title: str) -> None:
    last = found.lines[-1] if found.lines else {}
    with st.container(horizontal=True, vertical_alignment="center"):
        share = _share(last)
        text = f"{plain(title)} … {plain(last.get('text', ''))}"
        if share is None:
            st.info(text, icon=":material/hourglass_top:")
        else:
            st.progress(share, text)
        if st.button("Cancel", key=f"cancel:{name}", icon=":material/close:", disabled=found.canceled):
            found.cancel()


def _share(line: Line) -> float | None:
    """Return the share (0-1) that is done, where a line says ``done`` of ``total``."""
    done, total = line.get("done"), line.get("total")
    if not isinstance(done, int | float) or not isinstance(total, int | float) or total <= 0:
        return None
    return min(1.0, max(0.0, done / total))

"""Long work: a verb in a subprocess, its progress read from the JSON lines that it prints. Nothing blocks a page."""

from __future__ import annotations

import json
import subprocess
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

MOST_LINES = 500
"""Of a job's progress that are kept."""


class Job:
    """One run of a verb. ``lines`` are the last JSON lines that it printed."""

    def __init__(self, command: Sequence[str]) -> None:
        self.command = tuple(command)
        self._lines: deque[Mapping[str, Any]] = deque(maxlen=MOST_LINES)
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
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
    def lines(self) -> tuple[Mapping[str, Any], ...]:
        """What it has said so far."""
        return tuple(self._lines)

    def cancel(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self._lines.append(_parsed(line))
        self._process.wait()


def _parsed(line: str) -> Mapping[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {"event": "message", "text": line.rstrip()}
    return found if isinstance(found, dict) else {"event": "message", "text": line.rstrip()}


@st.cache_resource(show_spinner=False)
def _jobs() -> dict[str, Job]:
    return {}


def start(name: str, command: Sequence[str]) -> Job:
    """Start a job; one of that name that still works is returned instead."""
    known = _jobs().get(name)
    if known is not None and known.running:
        return known
    _jobs()[name] = made = Job(command)
    return made


def job(name: str) -> Job | None:
    """Return the last job of that name."""
    return _jobs().get(name)


def show_job(name: str, title: str) -> None:
    """Draw a job's progress, again every second while it works; the page is drawn again when it ends."""
    found = job(name)
    if found is None:
        return
    began_running = found.running

    def draw() -> None:
        last = found.lines[-1] if found.lines else {}
        if found.running:
            st.info(f"{title} … {last.get('text', '')}", icon=":material/hourglass_top:")
        elif began_running:
            st.rerun()
        elif found.returncode:
            said = [*last.get("mistakes", ()), last.get("text", "")]
            st.error(" ".join(filter(None, said)) or f"exit code {found.returncode}", icon=":material/error:")

    st.fragment(draw, run_every=1.0 if began_running else None)()

"""What was measured in the event files of runs: read again by what was appended, for all visitors. In memory only."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import streamlit as st

from search.runs.layout import RunLayout
from search.runs.measurements import MeasurementReader, Measurements
from search.runs.run import Run

KEPT = 4
"""Runs whose measurements stay in memory; eight metrics of 5,000 trials of 50 epochs take some 20 MB."""

LOOK_EVERY = 60.0
"""Seconds between two looks for damage, beside the page: the files of 5,000 trials take seconds the first time."""


class _Measured:
    """The event files of one run."""

    def __init__(self, root: Path) -> None:
        self._reader = MeasurementReader(RunLayout(root))
        self._lock = threading.Lock()
        self._looked = -LOOK_EVERY
        self._damage: tuple[str, ...] = ()

    def read(self, run: Run) -> Measurements:
        """Return the measurements as they stand."""
        with self._lock:
            found = self._reader.read([trial.record for trial in run.trials])
            self._damage, self._looked = found.damage, time.monotonic()
            return found

    def damage(self, run: Run) -> tuple[str, ...]:
        """Return what was found damaged at the last look, and look again in the background when that is old."""
        known = self._damage
        if time.monotonic() - self._looked >= LOOK_EVERY and not self._lock.locked():
            self._looked = time.monotonic()
            threading.Thread(
                target=self._look, args=(run,), daemon=True, name=f"damage of {run.name}"
            ).start()
        return known

    def _look(self, run: Run) -> None:
        try:
            self.read(run)
        except OSError as error:
            self._damage = (f"The event files cannot be read: {error}.",)


def measurements(run: Run) -> Measurements:
    """Return what was measured of a run.

    Raises:
        OSError: the files cannot be read.
    """
    return run.measured or _measured(run.layout.root).read(run)


def damage(run: Run) -> tuple[str, ...]:
    """Return what is known to be damaged in a run's event files, a sentence each; it never waits for the files."""
    return run.measured.damage if run.measured else _measured(run.layout.root).damage(run)


@st.cache_resource(max_entries=KEPT, show_spinner=False)
def _measured(root: Path) -> _Measured:
    return _Measured(root)

"""All metrics of all trials by columns, read from a run's event files by what was appended; one trial at a time is
`search.runs.keeper.recorded_scalars`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from search.runs.layout import RunLayout
from search.runs.logs.folder import LogFolder
from search.runs.logs.logs import Logs
from search.runs.record import TrialRecord

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Curve = tuple[Ints, Floats]


@dataclass(frozen=True)
class Source:
    """Where recorded steps were written (n,): the trial, the row of its run in the logs, the step there.

    ``told`` is the step as the trial's record counts it: the same one, but where a foreign log's steps are numbered
    anew.
    """

    trial: Ints
    row: Ints
    step: Ints
    told: Ints


class Part(NamedTuple):
    """The steps (n,) of a trial that one run of the logs has, and those as its record counts them (n,)."""

    trial: int
    row: int
    steps: Ints
    told: Ints


class Measurements:
    """What was measured of a search as it stood at one time; row i of every matrix is trial number i.

    A step that was trained twice (its worker died too early) has the values of the attempt that the study has recorded,
    so that all metrics of a step belong together; steps that are not recorded are left out.

    Args:
        logs: of the run.
        source: of which run and step in the logs each recorded step is.
        trials: how many there are.
    """

    def __init__(self, logs: Logs, source: Source, trials: int) -> None:
        self.logs, self._source, self._trials = logs, source, trials

    @property
    def tags(self) -> tuple[str, ...]:
        """The names of all metrics."""
        return self.logs.tags

    @property
    def damage(self) -> tuple[str, ...]:
        """A sentence for each damaged place in the event files."""
        return self.logs.damage

    def matrix(self, tag: str) -> Curve:
        """Return all values of a metric.

        Returns:
            The union of all steps (S,), ascending, and the values (trials, S), NaN where there is none.

        Raises:
            KeyError: there is no such metric.
        """
        return self._recorded(*self.logs.matrix(tag))

    def wall_matrix(self, tag: str) -> Curve:
        """Return when each value of a metric was written, in seconds since 1970; otherwise as `matrix`.

        Raises:
            KeyError: there is no such metric.
        """
        return self._recorded(*self.logs.wall_matrix(tag))

    def curve(self, number: int, tag: str) -> Curve:
        """Return a metric of one trial: its steps (n,), ascending, and its values (n,); none where it has none.

        Raises:
            KeyError: there is no such metric.
        """
        steps, values = self.matrix(tag)
        # By the times: a value that was written may itself be NaN.
        written = ~np.isnan(self.wall_matrix(tag)[1][number])
        return steps[written], values[number][written]

    def wall(self, number: int) -> Curve:
        """Return a trial's recorded steps (n,), and when they were written (n,), in seconds since 1970."""
        found: dict[int, float] = {}
        recorded = int((self._source.trial == number).sum())
        for tag in self.tags:
            if len(found) == recorded:
                break
            steps, walls = self.wall_matrix(tag)
            written = ~np.isnan(walls[number])
            found.update(zip(steps[written].tolist(), walls[number][written].tolist(), strict=True))
        steps = np.array(sorted(found), np.int64)
        return steps, np.array([found[step] for step in steps.tolist()])

    def _recorded(self, steps: Ints, values: Floats) -> Curve:
        """Put the values (runs, S) of the recorded steps into the rows of their trials."""
        source = self._source
        at = np.minimum(np.searchsorted(steps, source.step), len(steps) - 1)
        there = steps[at] == source.step
        told = np.unique(source.told[there])
        found = np.full((self._trials, len(told)), np.nan)
        places = np.searchsorted(told, source.told[there])
        found[source.trial[there], places] = values[source.row[there], at[there]]
        return told, found


class MeasurementReader:
    """Reads a run's measurements again and again, each time what came since; asked by one thread at a time.

    Args:
        layout: of the run.
        cache: whether what was read is kept on this machine for the next process.
    """

    def __init__(self, layout: RunLayout, *, cache: bool = True) -> None:
        self._folder = LogFolder(layout.trials, cache=cache)
        self._steps: dict[int, tuple[TrialRecord, list[tuple[int, Ints]]]] = {}
        self._last: tuple[Logs, list[TrialRecord], Measurements] | None = None

    def read(self, records: Sequence[TrialRecord]) -> Measurements:
        """Return the measurements as they stand; the same object where nothing changed.

        Args:
            records: all trials by number; those that did not change are expected to be the same objects.
        """
        logs = self._folder.refresh()
        if self._last is not None and self._last[0] is logs and _same(self._last[1], records):
            return self._last[2]
        found = Measurements(logs, self._source(logs, records), len(records))
        self._last = logs, list(records), found
        return found

    def _source(self, logs: Logs, records: Sequence[TrialRecord]) -> Source:
        rows = {run.name: row for row, run in enumerate(logs.runs)}
        parts = [
            Part(trial, rows[name], steps, steps)
            for trial, known in enumerate(records)
            for attempt, steps in self._attempts(known)
            if (name := f"{known.number}/{attempt}") in rows
        ]
        return source(parts)

    def _attempts(self, known: TrialRecord) -> list[tuple[int, Ints]]:
        """Return the steps of each attempt that the study has recorded, from memory where the trial is the same."""
        kept = self._steps.get(known.number)
        if kept is None or kept[0] is not known:
            told = [(report.attempt, step) for step, report in known.reports.items()]
            attempts = sorted({attempt for attempt, _ in told})
            steps = [
                (a, np.array([step for attempt, step in told if attempt == a], np.int64)) for a in attempts
            ]
            self._steps[known.number] = kept = known, steps
        return kept[1]


def source(parts: Sequence[Part]) -> Source:
    """Return where steps were written, of all parts together."""
    counts = [len(part.steps) for part in parts]
    empty = np.empty(0, np.int64)
    return Source(
        trial=np.repeat(np.array([part.trial for part in parts], np.int64), counts),
        row=np.repeat(np.array([part.row for part in parts], np.int64), counts),
        step=np.concatenate([empty, *(part.steps for part in parts)]),
        told=np.concatenate([empty, *(part.told for part in parts)]),
    )


def _same(old: Sequence[TrialRecord], new: Sequence[TrialRecord]) -> bool:
    return len(old) == len(new) and all(one is other for one, other in zip(old, new, strict=True))

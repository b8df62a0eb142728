"""A folder of logs as it stood at one time: its runs, its tags, and the values of each tag as a matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from search.plan.trial_config import Value
from search.runs.logs.cube import Flags, Floats, Ints, Pieces, Points, joined
from search.runs.logs.session import SessionStatus

NO_RUN = -1

MOST_CELLS = 40_000_000
"""Of a matrix, 320 MB: 5,000 runs with 8,000 different steps. Of more steps every other one is left out, repeatedly."""


@dataclass(frozen=True)
class LoggedRun:
    """One run of a log folder.

    ``name`` is its folder below the root, '.' for the root itself. ``hparams`` are those of all its event files, and
    of a ``params.json`` beside them. ``status`` is what its writer said, empty where it said nothing. ``start`` and
    ``end`` are in seconds since 1970, as its writer said or else its first and last value; ``last`` is that of the last
    value. ``step`` is its highest one. ``host`` is where its last file was written. ``metrics`` are announced as
    results. ``torn``: a file ends within a record.
    """

    name: str
    hparams: Mapping[str, Value] = field(default_factory=dict)
    status: SessionStatus = ""
    start: float | None = None
    end: float | None = None
    last: float | None = None
    step: int = -1
    group: str = ""
    host: str = ""
    metrics: tuple[str, ...] = ()
    torn: bool = False


@dataclass(frozen=True)
class Series:
    """One tag of one run, in the order in which it was written (n,): steps, wall times (s since 1970), values."""

    steps: Ints
    walls: Floats
    values: Floats


@dataclass(frozen=True)
class Ragged:
    """One tag of all runs (n,): the row of the run, then its steps ascending, each once; wall times, values."""

    row: Ints
    step: Ints
    wall: Floats
    value: Floats


@dataclass(frozen=True)
class Members:
    """Which run each file belongs to, by the files' numbers; `NO_RUN` for none.

    ``row`` is the run of a file, ``annex`` the run to which a file of a sub-run adds tags that the run itself lacks.
    ``place`` orders the files of a run. ``several``: a run has more than one.
    """

    row: npt.NDArray[np.int32]
    annex: npt.NDArray[np.int32]
    place: npt.NDArray[np.int32]
    several: bool


class Logs:
    """A log folder as it stood at one time; row i of every matrix is ``runs[i]``.

    A step that a run has written twice counts with its later value, by the order of its files' names, then of the
    records, as TensorBoard reads them. Values before a restart (`SessionLog.START`) at their step or a later one are
    void, as TensorBoard's EventAccumulator takes it.

    Args:
        runs: by name, numbers within it as numbers.
        damage: a sentence for each damaged place.
        tags: the number of each tag.
        pieces: the values of each tag, by its number.
        members: which file is of which run.
    """

    def __init__(
        self,
        runs: Sequence[LoggedRun],
        damage: Sequence[str],
        tags: Mapping[str, int],
        pieces: Mapping[int, Pieces],
        members: Members,
    ) -> None:
        self.runs, self.damage = tuple(runs), tuple(damage)
        self._numbers = {tag: number for tag, number in tags.items() if number in pieces}
        self.tags = tuple(sorted(self._numbers))
        self._pieces, self._members = pieces, members
        self._rows: dict[str, int] | None = None
        self._joined: dict[int, Points] = {}

    def row(self, name: str) -> int:
        """Return the row of a run by name.

        Raises:
            KeyError: there is none of that name.
        """
        if self._rows is None:
            self._rows = {run.name: row for row, run in enumerate(self.runs)}
        return self._rows[name]

    def matrix(self, tag: str) -> tuple[Ints, Floats]:
        """Return all values of a tag.

        Returns:
            The union of all steps (S,), ascending, and the values (runs, S), NaN where a run has none. Of too many
            steps (`MOST_CELLS`) some are left out.

        Raises:
            KeyError: no run has that tag.
        """
        points, rows = self._of_runs(tag)
        return self._scattered(points, rows, points.value)

    def wall_matrix(self, tag: str) -> tuple[Ints, Floats]:
        """Return when each value of a tag was written, in seconds since 1970; otherwise as `matrix`.

        Raises:
            KeyError: no run has that tag.
        """
        points, rows = self._of_runs(tag)
        return self._scattered(points, rows, points.wall)

    def ragged(self, tag: str) -> Ragged:
        """Return all values of a tag, run after run; smaller than a matrix where runs have different steps.

        Raises:
            KeyError: no run has that tag.
        """
        points, rows = self._of_runs(tag)
        order = np.lexsort((points.step, rows))
        row, step = rows[order].astype(np.int64), points.step[order]
        last = np.ones(len(order), np.bool_)
        last[:-1] = (row[1:] != row[:-1]) | (step[1:] != step[:-1])
        kept = order[last]
        return Ragged(row[last], step[last], points.wall[kept], points.value[kept].astype(np.float64))

    def count(self, tag: str) -> int:
        """Return how many runs have a tag; 0 where none has it."""
        if tag not in self._numbers:
            return 0
        present = np.zeros(len(self.runs), np.bool_)
        present[self._of_runs(tag)[1]] = True
        return int(present.sum())

    def series(self, run: str, tag: str) -> Series:
        """Return a tag of a run, every value that was written, in order.

        Raises:
            KeyError: there is no such run, or it has no such tag.
        """
        row = self.row(run)
        points, rows = self._of_runs(tag)
        own = points.where(rows == row)
        if not len(own):
            raise KeyError(f"{run} has no {tag!r}")
        return Series(own.step, own.wall, own.value.astype(np.float64))

    def tags_of(self, run: str) -> tuple[str, ...]:
        """Return the tags of a run.

        Raises:
            KeyError: there is no such run.
        """
        row = self.row(run)
        files = (self._members.row == row) | (self._members.annex == row)
        return tuple(
            tag
            for tag in self.tags
            if any(files[piece.file].any() for piece in self._pieces[self._numbers[tag]])
        )

    def _of_runs(self, tag: str) -> tuple[Points, npt.NDArray[np.int32]]:
        """Return a tag's values (n,) in order, and the row of each."""
        if tag not in self._numbers:
            raise KeyError(f"there is no tag {tag!r} among {', '.join(self.tags[:20])}")
        points = self._ordered(self._numbers[tag])
        rows = self._members.row[points.file]
        annex = self._members.annex[points.file]
        if (annex != NO_RUN).any():
            has = np.zeros(len(self.runs), np.bool_)
            has[rows[rows != NO_RUN]] = True
            rows = np.where((annex != NO_RUN) & ~has[annex], annex, rows)
        present: Flags = rows != NO_RUN
        return (points, rows) if present.all() else (points.where(present), rows[present])

    def _ordered(self, number: int) -> Points:
        """Return a tag's values in one piece, the files of a run in their order."""
        if number not in self._joined:
            points = joined(self._pieces[number])
            if self._members.several:
                points = points.where(np.argsort(self._members.place[points.file], kind="stable"))
            self._joined[number] = points
        return self._joined[number]

    def _scattered(
        self, points: Points, rows: npt.NDArray[np.int32], values: npt.NDArray[np.floating]
    ) -> tuple[Ints, Floats]:
        steps = distinct(points.step)
        every = steps
        while len(steps) * len(self.runs) > MOST_CELLS and len(steps) > 1:
            steps = steps[::-2][::-1]  # the last one stays
        found = np.full((len(self.runs), len(steps)), np.nan)
        places = np.minimum(np.searchsorted(steps, points.step), len(steps) - 1)
        if len(steps) < len(every):
            kept = steps[places] == points.step
            rows, places, values = rows[kept], places[kept], values[kept]
        found[rows, places] = values  # of several at one place the last one stays
        return steps, found


def distinct(steps: Ints) -> Ints:
    """Return the different steps, ascending; a count where they lie close, ten times as fast as sorting."""
    if not len(steps):
        return steps
    low, high = int(steps.min()), int(steps.max())
    if high - low > 4 * len(steps) + 1000:
        return np.unique(steps)
    present = np.zeros(high - low + 1, np.bool_)
    present[steps - low] = True
    return np.flatnonzero(present) + low

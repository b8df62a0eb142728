"""Best so far, against epochs spent and against time, and where each trial ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dashboard.prepare.ends import short
from dashboard.prepare.reports import Floats, Ints, Reports
from dashboard.prepare.states import STATUS_TEXT
from dashboard.prepare.table import Table
from search.runs.record import ENDED, Status


@dataclass(frozen=True, eq=False)
class Ends:
    """Where trials of one status ended, with their scores; all (n,), in the units of a `Staircase`."""

    trial: Ints
    seconds: Floats
    epochs: Ints
    score: Floats


@dataclass(frozen=True, eq=False)
class Staircase:
    """The steps of the best value at any epoch of any trial, and the ends of the trials.

    A step is where the best value changes; the last report closes it. ``seconds`` are those since the search began,
    NaN where the study has no times; ``epochs`` are what all trials had spent by then.
    """

    seconds: Floats
    epochs: Ints
    value: Floats
    ends: Mapping[Status, Ends]

    @property
    def timed(self) -> bool:
        """Whether every step has a time."""
        return bool(np.isfinite(self.seconds).all())


def staircase_of(told: Reports, table: Table) -> Staircase:
    """Return the staircase of a run, from its reports and its table."""
    facts = table.facts
    return staircase(told, list(facts["status"]), facts["score"].to_numpy(), maximize=table.maximize)


def staircase(told: Reports, status: Sequence[Status], score: Floats, *, maximize: bool) -> Staircase:
    """Return the staircase of a run; without times, the reports stand in the order of the trials.

    Args:
        told: all reports.
        status: of each trial.
        score: of each trial; NaN without one.
        maximize: larger values are better.
    """
    order = np.lexsort((told.step, told.trial, told.at))
    seconds = told.at[order] - told.begin
    steps, value = steps_of(told.value[order], maximize=maximize)
    epochs = steps + 1
    ends = _ends(told.trial[order], told.last[order], seconds, np.array(status, dtype=object), score)
    return Staircase(seconds[steps], epochs, value, ends)


ROOM = 4.0
"""Of the height that the staircase climbs: what lies further below its top is left out of the picture."""


def window(stairs: Staircase, *, maximize: bool, room: float = ROOM) -> tuple[float | None, int]:
    """Return where the picture may end so that the staircase can be seen, and how many ends lie beyond.

    Args:
        stairs: of the run.
        maximize: larger values are better; else the picture ends above.
        room: times the height of the staircase.

    Returns:
        The end of the vertical axis, or None where all fits; and the number of trials beyond it.
    """
    scores = np.concatenate([ends.score for ends in stairs.ends.values()]) if stairs.ends else np.empty(0)
    if not len(scores) or len(stairs.value) < 2:
        return None, 0
    top, climbed = float(stairs.value[-1]), abs(float(stairs.value[-1] - stairs.value[0]))
    end = top - room * climbed if maximize else top + room * climbed
    end = short(end, room * climbed)
    beyond = int((scores < end).sum() if maximize else (scores > end).sum())
    return (end, beyond) if climbed and beyond else (None, 0)


def steps_of(values: Floats, *, maximize: bool) -> tuple[Ints, Floats]:
    """Return where the best so far changes, and what it is there; the last place closes it.

    Args:
        values: in the order of time; NaN is no value.
        maximize: larger values are better.

    Returns:
        Places (k,) and values (k,); none where no value is finite.
    """
    worst = -np.inf if maximize else np.inf
    filled = np.where(np.isfinite(values), values, worst)
    best = np.maximum.accumulate(filled) if maximize else np.minimum.accumulate(filled)
    known = np.isfinite(best)
    changed = known & (best != np.append(worst, best[:-1])) if len(best) else known
    if known.any():
        changed[-1] = True
    places = np.flatnonzero(changed)
    return places, best[places]


def _ends(
    trial: Ints,
    last: npt.NDArray[np.bool_],
    seconds: Floats,
    status: npt.NDArray[np.object_],
    score: Floats,
) -> dict[Status, Ends]:
    """Return the ends by status; the first three are reports in the order of time."""
    rows = np.flatnonzero(last)
    rows = rows[np.isfinite(score[trial[rows]])]
    of = status[trial[rows]]
    found: dict[Status, Ends] = {}
    for one in (name for name in STATUS_TEXT if name in ENDED):
        those = rows[of == one]
        if len(those):
            found[one] = Ends(trial[those], seconds[those], those + 1, score[trial[those]])
    return found

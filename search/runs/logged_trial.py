"""The runs of somebody else's logs, put together as trials, with the values of one metric."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from search.plan.trial_config import Value
from search.runs.logs.logs import LoggedRun, Logs, Ragged
from search.runs.measurements import Floats, Ints

EMPTY = np.empty(0, np.int64)


@dataclass(frozen=True)
class LoggedTrial:
    """A trial: its sessions by their start, and its values of the objective by step (n,).

    ``session`` says which session each value is of, ``row`` which run of the logs it stands in: a session may have
    runs below its own, as Keras writes `train` and `validation`.
    """

    sessions: Sequence[LoggedRun]
    steps: Ints
    walls: Floats
    values: Floats
    session: Ints
    row: Ints

    @property
    def hparams(self) -> dict[str, Value]:
        """The hyperparameters of all its sessions."""
        return {name: value for run in self.sessions for name, value in run.hparams.items()}

    @property
    def start(self) -> float:
        """When its first session began; seconds since 1970, 0 where nobody knows."""
        return self.sessions[0].start or 0.0


def logged_trials(logs: Logs, objective: str) -> list[LoggedTrial]:
    """Return the trials by their start.

    Sessions of one HParams group are one trial. A run without hyperparameters below another run belongs to that one.

    Args:
        logs: as they stand.
        objective: a tag; one that no run has leaves the trials without values.
    """
    groups: dict[str, dict[int, list[int]]] = defaultdict(dict)
    owners = _owners(logs.runs)
    for row, owner in enumerate(owners):
        run = logs.runs[owner]
        key = f"group {run.group}" if run.group else f"run {run.name}"
        groups[key].setdefault(owner, []).append(row)
    told = logs.ragged(objective) if objective in logs.tags else None
    bounds = np.searchsorted(told.row, np.arange(len(logs.runs) + 1)) if told else EMPTY
    trials = [_trial(logs, group, told, bounds) for group in groups.values()]
    return sorted(trials, key=lambda trial: trial.start)  # stable: the runs come by name


def _owners(runs: Sequence[LoggedRun]) -> list[int]:
    """Return for each run the one that it belongs to: mostly itself."""
    rows = {run.name: row for row, run in enumerate(runs)}
    return [
        row if run.hparams or run.group else next((rows[up] for up in _above(run.name) if up in rows), row)
        for row, run in enumerate(runs)
    ]


def _above(name: str) -> list[str]:
    """Return the folders above a run's, the outermost first; the root is no run of which others are parts."""
    parts = name.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _trial(logs: Logs, group: Mapping[int, Sequence[int]], told: Ragged | None, bounds: Ints) -> LoggedTrial:
    """Return the trial of some sessions, each with the rows of its runs."""
    pairs = [(_session(logs, owner, rows), rows) for owner, rows in group.items()]
    pairs.sort(key=lambda pair: pair[0].start or 0.0)
    sessions = [session for session, _ in pairs]
    if told is None:
        return LoggedTrial(sessions, EMPTY, np.empty(0), np.empty(0), EMPTY, EMPTY)
    parts = [
        (number, row, slice(int(bounds[row]), int(bounds[row + 1])))
        for number, (_, rows) in enumerate(pairs)
        for row in rows
    ]
    counts = [part.stop - part.start for _, _, part in parts]
    trial = LoggedTrial(
        sessions=sessions,
        steps=np.concatenate([told.step[part] for _, _, part in parts]),
        walls=np.concatenate([told.wall[part] for _, _, part in parts]),
        values=np.concatenate([told.value[part] for _, _, part in parts]),
        session=np.repeat(np.array([number for number, _, _ in parts], np.int64), counts),
        row=np.repeat(np.array([row for _, row, _ in parts], np.int64), counts),
    )
    return trial if len(parts) == 1 else _each_step_once(trial)


def _session(logs: Logs, owner: int, rows: Sequence[int]) -> LoggedRun:
    """Return a session with the times of all its runs."""
    run = logs.runs[owner]
    if len(rows) == 1:
        return run
    runs = [logs.runs[row] for row in rows]
    return replace(
        run,
        start=run.start if run.start is not None else min((r.start for r in runs if r.start), default=None),
        end=max((r.end for r in runs if r.end is not None), default=None),
        last=max((r.last for r in runs if r.last is not None), default=None),
    )


def _each_step_once(trial: LoggedTrial) -> LoggedTrial:
    """Return a trial with its steps in order; one that was trained again counts with its later session's value.

    Of two runs of one session the one whose name comes later counts: `validation` before `train`.
    """
    order = np.lexsort((np.arange(len(trial.steps)), trial.steps))
    steps = trial.steps[order]
    kept = order[np.append(steps[1:] != steps[:-1], True)] if len(order) else order
    return LoggedTrial(
        trial.sessions,
        trial.steps[kept],
        trial.walls[kept],
        trial.values[kept],
        trial.session[kept],
        trial.row[kept],
    )

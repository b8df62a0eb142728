"""A folder of TensorBoard logs that another program wrote, as a search: plan, trials, measurements.

What such logs do not say is concluded, and the conclusions are these. The objective is the metric whose name looks most
like a validation score (`search.runs.objective_guess`). A trial is a run of the logs, or several runs of one HParams
session group. It is completed where it has as many values of the objective as any other trial, running where its last
one is a few minutes old, and stopped otherwise; a writer's word counts for failures only, since Ray Tune and PyTorch
report a success for trials that were stopped, too.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from search.plan.plan import Plan
from search.plan.sections import (
    BudgetPlan,
    DataPlan,
    ObjectivePlan,
    ResourcesPlan,
    SamplerPlan,
    SchedulerPlan,
)
from search.plan.space import Space
from search.plan.trial_config import Value
from search.runs.clock import known_time
from search.runs.logged_trial import LoggedTrial, logged_trials
from search.runs.logs.logs import LoggedRun, Logs
from search.runs.measurements import Ints, Measurements, Part, Source, source
from search.runs.objective_guess import guessed_metric, guessed_mode
from search.runs.observed_space import observed_space, points_in
from search.runs.record import Ending, RecordedReport, Status, Stint, TrialRecord

RECENT = 300.0
"""Seconds since the last value, within which a trial is taken for one that runs: an epoch may take minutes."""

ENDINGS: Mapping[Status, Ending] = {"completed": "completed", "stopped": "stopped", "failed": "failed"}


@dataclass(frozen=True)
class Foreign:
    """A log folder as a search. ``notes`` are sentences that say what was concluded, for whoever looks at it."""

    plan: Plan
    records: list[TrialRecord]
    measurements: Measurements
    notes: tuple[str, ...]


def understand(
    logs: Logs,
    *,
    metric: str | None = None,
    mode: str | None = None,
    name: str = "logs",
    now: float | None = None,
) -> Foreign:
    """Return a log folder as a search; trials are numbered by their start.

    Args:
        logs: as they stand.
        metric: the objective; None: guessed by the names of the metrics.
        mode: `min` or `max`; None: guessed by the name of the metric.
        name: of the search.
        now: seconds since 1970; None: the present.

    Raises:
        ValueError: no run has that metric, or the mode is none.
    """
    if metric is not None and metric not in logs.tags:
        raise ValueError(f"one of {', '.join(logs.tags[:20])} is expected, but got metric={metric!r}")
    if mode not in (None, "min", "max"):
        raise ValueError(f"min or max is expected, but got mode={mode!r}")
    objective = metric or guessed_metric(logs)
    trials = logged_trials(logs, objective)
    anew = _numbered_anew(trials)
    space = observed_space([trial.hparams for trial in trials])
    points = points_in(space, [trial.hparams for trial in trials])
    longest = max((len(trial.steps) for trial in trials), default=0)
    clock = time.time() if now is None else now
    records = [
        _record(number, trial, point, longest=longest, anew=anew, now=clock)
        for number, (trial, point) in enumerate(zip(trials, points, strict=True))
    ]
    horizon = max((record.step for record in records), default=1)
    goal = ObjectivePlan.model_construct(metric=objective, mode=mode or guessed_mode(objective), at="last")
    budget = BudgetPlan.model_construct(trials=max(1, len(records)), epochs=max(1, horizon), seconds=None)
    plan = _plan(name, goal, budget, space)
    measurements = Measurements(logs, _source(trials, anew=anew), len(records))
    return Foreign(plan, records, measurements, _notes(objective, metric, plan, anew=anew))


def _numbered_anew(trials: Sequence[LoggedTrial]) -> bool:
    """Tell whether steps are no epochs, so that trials of equal progress end at different ones.

    Then the first value counts as step 1, the second as 2, and so on: batches of different sizes are counted, or
    nothing.
    """
    longest = max((len(trial.steps) for trial in trials), default=0)
    ends = {int(trial.steps[-1]) for trial in trials if len(trial.steps) == longest} if longest else set()
    return len(ends) > 1 or max(ends, default=1) < 1


def _record(
    number: int, trial: LoggedTrial, point: Mapping[str, Value], *, longest: int, anew: bool, now: float
) -> TrialRecord:
    steps = np.arange(1, len(trial.steps) + 1) if anew else trial.steps
    status, reason = _status(trial, longest, now)
    stints = tuple(_stints(trial, status))
    return TrialRecord(
        number=number,
        status=status,
        point=point,
        reports=_Reports(trial, steps, stints),
        stints=stints,
        origin=trial.sessions[-1].name,
        reason=reason,
        values=dict(zip(steps.tolist(), trial.values.tolist(), strict=True)),
    )


def _status(trial: LoggedTrial, longest: int, now: float) -> tuple[Status, str]:
    last = trial.sessions[-1]
    if last.status == "failure":
        return "failed", "its log says so"
    if last.last is not None and abs(now - last.last) < RECENT and last.status != "success":
        return "running", ""
    if not len(trial.steps):
        return "failed", "it has no value of the objective"
    return ("completed" if len(trial.steps) == longest else "stopped"), ""


def _stints(trial: LoggedTrial, status: Status) -> Iterator[Stint]:
    counts = np.bincount(trial.session, minlength=len(trial.sessions)).tolist()
    done = 0
    for attempt, run in enumerate(trial.sessions, start=1):
        stint = Stint(attempt, _start(run), from_step=done, host=run.host)
        done += counts[attempt - 1]
        if attempt < len(trial.sessions):
            yield stint.ended("orphaned", at=_end(run, stint.start))
        elif status in ENDINGS:
            yield stint.ended(ENDINGS[status], at=_end(run, stint.start))
        else:
            yield stint


def _start(run: LoggedRun) -> float:
    return known_time(run.start) or 0.0


def _end(run: LoggedRun, start: float) -> float:
    return known_time(run.end) or start


class _Reports(Mapping[int, RecordedReport]):
    """The reports of a trial, made when they are asked for: 250,000 of them take 0.5 s and 100 MB."""

    def __init__(self, trial: LoggedTrial, steps: Ints, stints: Sequence[Stint]) -> None:
        self._trial, self._steps, self._stints = trial, steps, stints
        self._made: dict[int, RecordedReport] = {}

    def __len__(self) -> int:
        return len(self._steps)

    def __iter__(self) -> Iterator[int]:
        return iter(self._steps.tolist())

    def __getitem__(self, step: int) -> RecordedReport:
        if step not in self._made:
            place = int(np.searchsorted(self._steps, step))
            if place == len(self._steps) or self._steps[place] != step:
                raise KeyError(step)
            self._made[step] = self._make(step, place)
        return self._made[step]

    def _make(self, step: int, place: int) -> RecordedReport:
        stint = int(self._trial.session[place])
        before = sum((known.end or known.start) - known.start for known in self._stints[:stint])
        stopped = self._stints[-1].ending == "stopped" and place == len(self._steps) - 1
        return RecordedReport(
            step=step,
            epoch=step,
            value=float(self._trial.values[place]),
            seconds=before + max(0.0, float(self._trial.walls[place]) - self._stints[stint].start),
            attempt=stint + 1,
            checkpoint=None,
            decision="stop" if stopped else "continue",
        )


def _source(trials: Sequence[LoggedTrial], *, anew: bool) -> Source:
    """Return where each trial's values are in the logs: at the steps of its objective."""
    parts = [
        Part(number, row, trial.steps[own], np.flatnonzero(own) + 1 if anew else trial.steps[own])
        for number, trial in enumerate(trials)
        for row in np.unique(trial.row).tolist()
        for own in (trial.row == row,)
    ]
    return source(parts)


def _plan(name: str, objective: ObjectivePlan, budget: BudgetPlan, space: Space) -> Plan:
    """Return the plan that such a search may have had; nothing is checked: its metrics are not ours."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:100] or "logs"
    return Plan.model_construct(
        name=plain,
        data=DataPlan.model_construct(name="unknown", validation=0.1, split_seed=0, size=None, dir=None),
        objective=objective,
        goals=(),
        constraints=(),
        budget=budget,
        scheduler=SchedulerPlan.model_construct(name="none", settings={}),
        sampler=SamplerPlan.model_construct(name="unknown", settings={}),
        resources=ResourcesPlan.model_construct(cpus=None, gpus=None),
        seed=0,
        plugins=(),
        start=(),
        space=space,
    )


def _notes(objective: str, asked: str | None, plan: Plan, *, anew: bool) -> tuple[str, ...]:
    word = "higher" if plan.objective.mode == "max" else "lower"
    notes = []
    if asked is None and objective:
        notes.append(f"{objective} was chosen as the objective by its name, and {word} taken for better.")
    if not objective:
        notes.append("There is no metric in these logs.")
    if anew:
        notes.append(
            "The steps of these logs are no epochs: the first value of a trial counts as step 1, and so on."
        )
    return tuple(notes)

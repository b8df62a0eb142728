"""Trials made by hand, for tests of what is prepared from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from search.plan.plan import load_plan
from search.runs.layout import RunLayout
from search.runs.logs.folder import LogFolder
from search.runs.measurements import Measurements, source
from search.runs.record import RecordedReport, RungDecision, Status, Stint, TrialRecord
from search.runs.run import Run

PLAN: Mapping[str, Any] = {
    "name": "made",
    "data": {"name": "digits"},
    "objective": {"metric": "val/accuracy", "mode": "max"},
    "budget": {"trials": 9, "epochs": 9},
    "scheduler": {"name": "asha", "grace_period": 1, "reduction_factor": 3},
    "space": {"learning_rate": {"low": 0.001, "high": 0.1, "log": True}},
}


def report(
    step: int,
    value: float,
    *,
    seconds: float | None = None,
    attempt: int = 1,
    decision: str = "continue",
    rungs: Sequence[RungDecision] = (),
) -> RecordedReport:
    """Return a report; an epoch takes a second where nothing else is said."""
    spent = float(step) if seconds is None else seconds
    return RecordedReport(step, step, value, spent, attempt, None, decision, tuple(rungs))


def trial(
    number: int,
    reports: Sequence[RecordedReport],
    *,
    status: Status = "completed",
    stints: Sequence[Stint] = (),
    **more: Any,
) -> TrialRecord:
    """Return a trial with these reports; without stints it has one, from 0 on."""
    told = {one.step: one for one in reports}
    return TrialRecord(
        number=number,
        status=status,
        point={"learning_rate": 0.01},
        reports=told,
        stints=tuple(stints) or (Stint(1, 0.0),),
        values={one.step: one.value for one in reports},
        **more,
    )


def curve(number: int, values: Sequence[float], **more: Any) -> TrialRecord:
    """Return a trial with a value at each epoch."""
    return trial(number, [report(step, value) for step, value in enumerate(values, start=1)], **more)


def run(
    folder: Path, records: Sequence[TrialRecord], *, measured: Measurements | None = None, **plan: Any
) -> Run:
    """Return a run of these trials; ``plan`` replaces sections of `PLAN`, or with None leaves them out."""
    folder.mkdir(parents=True, exist_ok=True)
    layout = RunLayout(folder)
    with layout.plan.open("w", encoding="utf-8") as file:
        YAML().dump({name: value for name, value in {**PLAN, **plan}.items() if value is not None}, file)
    return Run(layout, load_plan(layout.plan), records, measured=measured)


def no_logs(folder: Path, trials: int) -> Measurements:
    """Return what is measured in an empty folder: it makes a run one of another program."""
    folder.mkdir(parents=True, exist_ok=True)
    return Measurements(LogFolder(folder, cache=False).refresh(), source([]), trials)

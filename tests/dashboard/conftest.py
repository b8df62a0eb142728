"""Run folders without a training: a plan, a study, files that a worker would have left."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.trial import TrialState, create_trial

from search.runs import record
from search.runs.journal import Journal
from search.runs.layout import RunLayout
from search.runs.record import RecordedReport, RungDecision, Stint
from tests.dashboard.real_run import real_run

PLAN = """\
name: small
data: {name: digits}
objective: {metric: val/accuracy, mode: max}
budget: {trials: 4, epochs: 3}
space:
  optimizer: [sgd, adam]
  learning_rate: {low: 0.001, high: 0.1, log: true}
  momentum: {low: 0.5, high: 0.9, when: {optimizer: [sgd]}}
  width: 32
"""

NAN = float("nan")
TRIALS: list[tuple[TrialState, dict[str, object], list[float], str]] = [
    (TrialState.COMPLETE, {"optimizer": "adam", "learning_rate": 0.01, "width": 32}, [0.5, 0.7, 0.8], ""),
    (TrialState.PRUNED, {"optimizer": "sgd", "learning_rate": 0.1, "momentum": 0.9, "width": 32}, [0.9], ""),
    (
        TrialState.COMPLETE,
        {"optimizer": "sgd", "learning_rate": 0.02, "momentum": 0.5, "width": 32},
        [0.6, 0.95, 0.9],
        "",
    ),
    (
        TrialState.FAIL,
        {"optimizer": "adam", "learning_rate": 0.09, "width": 32},
        [NAN],
        "the loss is ![x](http://evil)",
    ),
]
"""State, point, values by epoch, reason. Trial 2 wins although trial 1, stopped, has the same value."""

BEGIN = 1_700_000_000.0


def make_run(folder: Path, name: str = "small") -> RunLayout:
    """Make a finished run of four trials, one after the other, an epoch a second, ten seconds for each to start."""
    layout = make_plan(folder, name)
    storage = JournalStorage(Journal(layout.journal))
    study = optuna.create_study(storage=storage, study_name="s", direction="maximize")
    at = BEGIN
    for number, (state, point, values, reason) in enumerate(TRIALS):
        end = at + 10 + len(values)
        checkpoint = f"trials/{number}/1/checkpoint-{len(values):05d}.pt"
        study.add_trial(
            create_trial(
                state=state,
                value=values[-1] if state is TrialState.COMPLETE else None,
                system_attrs=attributes(point, values, checkpoint, Stint(1, at, end=end, ending="stopped")),
                user_attrs={record.REASON: reason, record.ORIGIN: "start:0" if number == 0 else "sampler"},
                intermediate_values=dict(enumerate(values, start=1)),
            )
        )
        at = end
    files_of(layout, 2)
    return layout


def make_plan(folder: Path, name: str) -> RunLayout:
    """Make a run whose search has not come further than its plan."""
    layout = RunLayout(folder / name)
    layout.root.mkdir(parents=True)
    layout.plan.write_text(PLAN, encoding="utf-8")
    return layout


def attributes(
    point: dict[str, object], values: list[float], checkpoint: str, stint: Stint
) -> dict[str, object]:
    """Return what the driver records of a trial."""
    found: dict[str, object] = {record.POINT: point, f"{record.STINT}1": vars(stint)}
    for epoch, value in enumerate(values, start=1):
        rungs = (RungDecision(1, keep=len(values) > 1, cutoff=0.5, standing=1),) if epoch == 1 else ()
        report = RecordedReport(epoch, epoch, value, float(epoch), 1, checkpoint, "continue")
        found[f"{record.REPORT}{epoch}"] = {**vars(report), "rungs": [vars(rung) for rung in rungs]}
    return found


def files_of(layout: RunLayout, number: int) -> None:
    """Write what a finished trial has in its folder."""
    trial = layout.trial(number)
    trial.attempt(1).folder.mkdir(parents=True)
    trial.attempt(1).checkpoint(3).write_bytes(b"weights")
    np.savez(trial.validation, labels=np.zeros(100, dtype=np.int64))
    settings = {"optimizer": "sgd", "learning_rate": 0.02, "momentum": 0.5, "width": 32, "activation": "relu"}
    config = {
        "format": 1,
        "settings": settings,
        "data": {"name": "digits", "size": None, "validation": 0.1, "split_seed": 0},
        "epochs": 3,
        "seed": 0,
        "plugins": [],
    }
    trial.document.write_text(
        json.dumps({"config": config, "metrics": {"val/accuracy": 0.9}}), encoding="utf-8"
    )


@pytest.fixture(scope="session")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a real run of four trials, with images, answers, logs and weights; only read it, or copy it."""
    return real_run(tmp_path_factory.mktemp("searched"))


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Return a folder with one finished run, `small`."""
    make_run(tmp_path / "runs")
    return tmp_path / "runs"


@pytest.fixture
def arguments(runs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the page the command line that names the folder of runs."""
    monkeypatch.setattr(sys, "argv", ["dashboard", "--runs-dir", str(runs)])
    return runs

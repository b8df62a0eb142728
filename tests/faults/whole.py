"""What must hold of a search that has ended, whatever happened; by Optuna's and TensorBoard's own readers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState
from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

from search.runs.reader import open_run
from search.runs.run import Run, Trial

STATES = {TrialState.COMPLETE: "completed", TrialState.PRUNED: "stopped", TrialState.FAIL: "failed"}


def assert_whole(root: Path, *, trials: int) -> Run:
    """Check every promise about a search that has ended; return it."""
    run = open_run(root)
    assert run.driver is None
    assert [trial.number for trial in run.trials] == list(range(trials)), "a trial was lost or doubled"
    points = [json.dumps(dict(trial.point), sort_keys=True) for trial in run.trials]
    assert len(set(points)) == len(points), "a configuration was tried twice"
    for trial, frozen in zip(run.trials, _study(root).trials, strict=True):
        assert frozen.state in STATES, f"trial {trial.number} was left {frozen.state.name}"
        assert STATES[frozen.state] == trial.status
        assert_record(trial, frozen.intermediate_values)
        assert_events(trial)
        assert_kept(trial)
    return run


def assert_record(trial: Trial, values: dict[int, float]) -> None:
    """Every epoch has one report, equal to the value in the study; stints follow one another without a gap."""
    record = trial.record
    assert sorted(values) == list(range(1, record.step + 1))
    assert {step: report.value for step, report in record.reports.items()} == values
    decisions = [report.decision for report in record.reports.values()]
    assert "stop" not in decisions[:-1], "it went on after it was told to stop"
    if trial.status != "failed":
        assert decisions[-1] == "stop"
    assert [stint.attempt for stint in record.stints] == list(range(1, len(record.stints) + 1))
    for stint in record.stints:
        before = [report.step for report in record.reports.values() if report.attempt < stint.attempt]
        assert stint.from_step == max(before, default=0), "an attempt did not begin where the last one ended"
        assert stint.ending is not None
        assert stint.end is not None
        assert stint.end >= stint.start
    for one, two in zip(record.stints, record.stints[1:], strict=False):
        assert one.end is not None
        assert one.end <= two.start, "two attempts of a trial at once"


def assert_events(trial: Trial) -> None:
    """An attempt trained what it recorded, in order, and at most the epoch in flight on top."""
    for stint in trial.record.stints:
        recorded = [r.step for r in trial.record.reports.values() if r.attempt == stint.attempt]
        steps = _steps(trial.layout.attempt(stint.attempt).folder)
        assert steps[: len(recorded)] == recorded
        rest = steps[len(recorded) :]
        in_flight = max(recorded, default=stint.from_step) + 1
        assert rest in ([], [in_flight]), f"attempt {stint.attempt} trained {rest} again"


def assert_kept(trial: Trial) -> None:
    """`trial.json` says what the study says, and the logits are of the last epoch."""
    assert trial.document["status"] == trial.status
    assert trial.document["epochs"] == trial.epochs
    assert len(trial.document["stints"]) == len(trial.record.stints)
    if trial.epochs:
        with np.load(trial.layout.validation, allow_pickle=False) as arrays:
            assert int(arrays["step"]) == trial.epochs


def _study(root: Path) -> optuna.Study:
    storage = JournalStorage(JournalFileBackend(str(root / "study.journal")))
    return optuna.load_study(study_name=None, storage=storage)


def _steps(folder: Path) -> list[int]:
    """Return the epochs in a folder's event files, in the order in which they were written."""
    return [
        event.step
        for path in sorted(folder.glob("events.out.tfevents.*"))
        for event in LegacyEventFileLoader(str(path)).Load()
        if any(value.tag == "val/accuracy" for value in event.summary.value)
    ]

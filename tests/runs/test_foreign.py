"""Logs of another program are shown as a search, and what is concluded from them is what a person would."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from torch.utils.tensorboard import SummaryWriter

from search.plan.domain import Choice, Fixed, Float, Int
from search.runs import foreign
from search.runs.events import EventWriter
from search.runs.layout import RunLayout
from search.runs.logs.folder import LogFolder
from search.runs.logs.logs import Logs
from search.runs.run import Run
from tests.runs.logs.test_folder import RAY_TUNE
from tests.runs.logs.writing import NAME, VERSION, scalars, write

LATER = 1.8e9
"""Seconds since 1970, long after all that these tests write."""


def logs_in(folder: Path) -> Logs:
    return LogFolder(folder).refresh()


def run_of(folder: Path, found: foreign.Foreign) -> Run:
    return Run(RunLayout(folder), found.plan, found.records, measured=found.measurements)


def test_a_search_of_ray_tune_is_what_it_was() -> None:
    found = foreign.understand(logs_in(RAY_TUNE), now=LATER)
    assert found.plan.objective.metric == "ray/tune/val_accuracy"
    assert found.plan.objective.mode == "max"
    assert [record.status for record in found.records] == ["completed", "stopped", "stopped"]
    assert [record.step for record in found.records] == [6, 2, 2]
    space = found.plan.space
    assert space["learning_rate"].domain == Float(0.001, 0.5, log=True)
    assert [space[name].domain for name in ("batch_size", "optimizer")] == [Fixed(64), Fixed("sgd")]
    assert found.records[0].point["batch_size"] == 64
    assert all(space.check(record.point) == [] for record in found.records)
    run = run_of(RAY_TUNE, found)
    best = run.best()
    assert best is not None
    assert best.score == pytest.approx(1 - 0.001 / 6)
    assert best.point["learning_rate"] == pytest.approx(0.001)
    assert [trial.number for trial in run.ranking()] == [0, 1, 2], (
        "a stopped trial never outranks a completed one"
    )


def test_a_run_made_of_it_answers_everything_that_a_page_asks(tmp_path: Path) -> None:
    run = run_of(tmp_path, foreign.understand(logs_in(RAY_TUNE), now=LATER))
    assert run.progress().counts["stopped"] == 2
    assert run.ledger().total.epochs == 10
    assert run.forecast().advice == "too early"
    assert run.audit() is None
    assert run.trials[0].config is None
    assert run.trials[0].weights is None
    assert run.curve(1) == pytest.approx({1: 0.99, 2: 0.995})
    assert len(run.front()) == 1


def test_a_log_of_pytorch_with_hyperparameters_is_a_search(tmp_path: Path) -> None:
    for number, optimizer in enumerate(("sgd", "adam", "sgd")):
        with SummaryWriter(str(tmp_path / f"run{number}")) as writer:
            for step in range(4 if number else 2):
                writer.add_scalar("train/loss", 1 / (step + 1), step)
                writer.add_scalar("Accuracy/test", step / 10 + number, step)
                writer.add_scalar("lr", 0.1, step)
            writer.add_hparams(
                {"lr": 10.0**-number, "optimizer": optimizer, "layers": 2 + number}, {"hparam/a": 1}
            )
    found = foreign.understand(logs_in(tmp_path), now=2e9)
    assert found.plan.objective.metric == "Accuracy/test"
    assert [record.status for record in found.records] == ["stopped", "completed", "completed"]
    assert found.plan.space["optimizer"].domain == Choice(["adam", "sgd"])
    assert found.plan.space["layers"].domain == Int(2, 4)
    assert found.records[2].point == {"lr": pytest.approx(0.01), "optimizer": "sgd", "layers": 4}
    assert found.measurements.matrix("train/loss")[1].shape == (3, 4)


def test_the_objective_can_be_given_and_is_checked(tmp_path: Path) -> None:
    write(tmp_path / "a" / NAME, [VERSION, scalars(1, val__accuracy=0.5, val__loss=2)])
    logs = logs_in(tmp_path)
    found = foreign.understand(logs, metric="val/loss")
    plan, records = found.plan, found.records
    assert (plan.objective.metric, plan.objective.mode) == ("val/loss", "min")
    assert records[0].values == {1: 2.0}
    assert foreign.understand(logs, metric="val/loss", mode="max").plan.objective.mode == "max"
    with pytest.raises(ValueError, match="one of val/accuracy, val/loss is expected, but got metric='acc'"):
        foreign.understand(logs, metric="acc")
    with pytest.raises(ValueError, match="min or max is expected, but got mode='best'"):
        foreign.understand(logs, mode="best")


def test_steps_that_count_batches_are_numbered_anew_and_it_is_said(tmp_path: Path) -> None:
    for name, each in (("large", 100), ("small", 400)):
        write(tmp_path / name / NAME, [VERSION, *(scalars(each * s, val__acc=s, loss=-s) for s in (1, 2, 3))])
    write(tmp_path / "stopped" / NAME, [VERSION, scalars(800, val__acc=9, loss=4)])
    found = foreign.understand(logs_in(tmp_path), now=LATER)
    statuses = {record.origin: record.status for record in found.records}
    assert statuses == {"large": "completed", "small": "completed", "stopped": "stopped"}
    assert all(list(record.values) == list(range(1, record.step + 1)) for record in found.records)
    assert found.plan.budget.epochs == 3
    assert any("steps of these logs are no epochs" in note for note in found.notes)
    steps, values = found.measurements.matrix("loss")
    rows = {record.origin: values[record.number].tolist() for record in found.records}
    assert steps.tolist() == [1, 2, 3]
    assert rows["large"] == rows["small"] == [-1, -2, -3]
    assert rows["stopped"][0] == 4


def test_what_its_log_calls_a_failure_failed_and_what_is_written_to_runs(tmp_path: Path) -> None:
    writer = EventWriter(tmp_path)  # a folder without results of its own
    writer.close()
    (tmp_path / "1").mkdir()
    failed = EventWriter(tmp_path / "1")
    failed.start({"x": 1}, group="one")
    failed.scalars({"acc": 1}, step=1)
    failed.end("failure")
    failed.close()
    write(tmp_path / "2" / NAME, [VERSION, scalars(1, LATER - 10, acc=1), scalars(2, LATER - 5, acc=2)])
    write(tmp_path / "3" / NAME, [VERSION, scalars(1, 1e9, acc=1), scalars(2, 1e9 + 5, acc=2)])
    write(tmp_path / "4" / NAME, [VERSION, scalars(1, 1e9 + 1, other=1)])
    found = foreign.understand(logs_in(tmp_path), metric="acc", now=LATER)
    by_name = {record.origin: record for record in found.records}
    assert {name: record.status for name, record in by_name.items()} == {
        "1": "failed",
        "2": "running",
        "3": "completed",
        "4": "failed",
    }
    assert by_name["4"].reason == "it has no value of the objective"
    assert by_name["2"].stints[0].end is None
    assert by_name["3"].last is not None
    assert by_name["3"].last.seconds == 5.0
    assert by_name["3"].stints[0].host == "host"


def test_sessions_of_one_group_are_one_trial_and_its_stints(tmp_path: Path) -> None:
    for attempt, steps in ((1, (1, 2, 3)), (2, (3, 4))):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        writer = EventWriter(folder)
        writer.start({"x": 0.5}, group="trial 7")
        for step in steps:
            writer.scalars({"acc": step + attempt / 10}, step=step)
        writer.close()
    found = foreign.understand(logs_in(tmp_path), now=3e9)
    (record,) = found.records
    assert record.values == pytest.approx({1: 1.1, 2: 2.1, 3: 3.2, 4: 4.2})
    assert [stint.attempt for stint in record.stints] == [1, 2]
    assert [report.attempt for report in record.reports.values()] == [1, 1, 2, 2]
    seconds = [report.seconds for report in record.reports.values()]
    assert seconds == sorted(seconds)


def test_runs_below_a_run_belong_to_it_as_keras_writes_them(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    writer = EventWriter(tmp_path / "t")
    writer.start({"x": 0.5}, group="")
    writer.close()
    for name, value in (("train", 0.9), ("validation", 0.8)):
        events = [VERSION, *(scalars(s, epoch_accuracy=value) for s in (0, 1))]
        write(tmp_path / "t" / name / NAME, events)
    found = foreign.understand(logs_in(tmp_path), now=LATER)
    (record,) = found.records
    assert list(record.values.values()) == pytest.approx([0.8, 0.8]), "validation counts, not training"
    assert record.point == {"x": 0.5}


def test_a_folder_without_any_metric_is_an_empty_search(tmp_path: Path) -> None:
    found = foreign.understand(logs_in(tmp_path))
    assert found.records == []
    assert found.plan.budget.epochs == 1
    assert found.notes == ("There is no metric in these logs.",)
    assert run_of(tmp_path, found).best() is None


def test_reports_are_those_of_the_values(tmp_path: Path) -> None:
    write(tmp_path / "a" / NAME, [VERSION, *(scalars(s, 100.0 + s, acc=s / 4) for s in (2, 4, 6))])
    (record,) = foreign.understand(logs_in(tmp_path), now=LATER).records
    assert {step: report.value for step, report in record.reports.items()} == dict(record.values)
    assert [report.seconds for report in record.reports.values()] == [0.0, 2.0, 4.0]
    assert 3 not in record.reports
    assert record.reports.get(99) is None
    assert np.isfinite(list(record.values.values())).all()


@pytest.mark.parametrize("wall", [1e300, -1e300, float("inf"), float("nan"), 1e15])
def test_a_time_that_is_none_does_not_become_the_start_of_a_trial(tmp_path: Path, wall: float) -> None:
    """A record with a right checksum may hold any bytes; no calendar has a place for such a time."""
    write(tmp_path / "t0" / NAME, [scalars(step, wall, val__accuracy=0.5) for step in (1, 2)])
    (record,) = foreign.understand(logs_in(tmp_path), now=LATER).records
    assert [(stint.start, stint.end) for stint in record.stints] == [(0.0, 0.0)]

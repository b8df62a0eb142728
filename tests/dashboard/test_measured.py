"""Metrics from the event files: read as they grow, damage told, nothing waited for."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from dashboard import measured
from dashboard.prepare import metrics
from dashboard.prepare.table import table
from search.runs.events import EventWriter
from search.runs.reader import open_run
from tests.dashboard.conftest import make_run
from tests.dashboard.records import curve, no_logs, run


def write(folder: Path, losses: list[float], *, begin: int = 1) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    writer = EventWriter(folder)
    for step, loss in enumerate(losses, start=begin):
        writer.scalars({"val/loss": loss}, step=step)
    writer.close()


def test_a_metric_is_read_for_all_trials_and_again_when_it_grew(tmp_path: Path) -> None:
    layout = make_run(tmp_path, "small")
    write(layout.trial(0).attempt(1).folder, [0.9, 0.8])
    found = open_run(layout.root)
    made = table(found)
    steps, values = metrics.values(made, measured.measurements(found), "val/loss")
    assert steps.tolist() == [1, 2]
    np.testing.assert_allclose(values[0], [0.9, 0.8])
    assert np.isnan(values[1:]).all()
    write(layout.trial(2).attempt(1).folder, [float("inf"), 0.6, 0.5])
    steps, values = metrics.values(made, measured.measurements(found), "val/loss")
    assert steps.tolist() == [1, 2, 3]
    np.testing.assert_allclose(values[2], [np.nan, 0.6, 0.5])


def test_a_metric_that_nobody_measured_has_no_steps(tmp_path: Path) -> None:
    found = open_run(make_run(tmp_path, "small").root)
    steps, values = metrics.values(table(found), measured.measurements(found), "val/none")
    assert (len(steps), values.shape) == (0, (4, 0))


def test_the_objective_is_offered_first_and_then_what_was_measured(tmp_path: Path) -> None:
    found = open_run(make_run(tmp_path, "small").root)
    assert metrics.names(found, table(found)) == ["val/accuracy"]
    foreign = run(tmp_path / "logs", [curve(0, [0.5])], measured=no_logs(tmp_path / "empty", 1))
    assert metrics.names(foreign, table(foreign)) == ["val/accuracy"]


def test_damage_is_looked_for_beside_the_page(tmp_path: Path) -> None:
    layout = make_run(tmp_path, "small")
    folder = layout.trial(0).attempt(1).folder
    write(folder, [0.9, 0.8, 0.7])
    (path,) = folder.glob("events.out.tfevents.*")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    found = open_run(layout.root)
    first = measured.damage(found)
    for thread in threading.enumerate():
        if thread.name.startswith("damage of"):
            thread.join(20)
    assert first == (), "the page does not wait"
    assert any("corrupt record at byte" in sentence for sentence in measured.damage(found))

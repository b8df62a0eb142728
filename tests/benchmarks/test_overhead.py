"""The benchmark's own arithmetic, on marks whose figures follow by hand; and that its command runs."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks.contenders.marks import DriverCpu, Mark, read_marks
from benchmarks.contenders.work import Job
from benchmarks.overhead import ROOT, Figures, cell, figures, gaps, row


def mark(process: int, trial: float, epoch: int, began: float, ended: float) -> Mark:
    """Return a mark of a process whose CPU time is half of its wall-clock."""
    return Mark(process, trial, epoch, began, ended, began / 2, ended / 2)


WARM = [
    mark(1, 0.1, 1, 10.0, 11.0),
    mark(2, 0.2, 1, 10.5, 11.5),
    mark(1, 0.1, 2, 11.25, 12.0),
    mark(2, 0.2, 2, 11.75, 12.5),
    mark(1, 0.3, 1, 12.5, 13.0),
    mark(2, 0.4, 1, 13.5, 14.0),
]
"""Two processes with two trials each: gaps of 0.5 and 1.0 s between them."""

COLD = [
    mark(1, 0.1, 1, 0.0, 1.0),
    mark(2, 0.2, 1, 0.0, 2.0),
    mark(3, 0.3, 1, 4.0, 5.0),
    mark(4, 0.4, 1, 6.0, 7.0),
]
"""A process for each trial: the one that ended at 1.0 is followed at 4.0, that of 2.0 at 6.0."""


def test_a_gap_lies_between_two_trials_of_one_process() -> None:
    assert gaps(WARM, workers=2) == [0.5, 1.0]


def test_where_no_process_runs_two_trials_a_gap_lies_between_those_that_take_turns() -> None:
    assert gaps(COLD, workers=2) == [3.0, 4.0]


def test_figures_follow_from_the_marks(tmp_path: Path) -> None:
    (tmp_path / "driver.json").write_text(json.dumps(asdict(DriverCpu(reports=4, driver=0.2, system=0.1))))
    said = figures(Job(tmp_path, 4, 2, 2), WARM, launched=7.0)
    assert said == Figures(
        startup=3.0,
        wall=4.0,
        step_time=4.5,
        gaps=(0.5, 1.0),
        driver=0.05,
        other=0.025,
        worker=(0.125 + 0.25 + 0.125 + 0.5) / 4,
    )


def test_a_share_is_the_reference_over_what_the_workers_had() -> None:
    def took(steps: float, wall: float) -> Figures:
        return Figures(1.0, wall, steps, (0.01,), None, None, 0.001)

    rounds = [{"alone": took(9.0, 9.0), "side by side": took(9.5, 4.75), "Winnow": took(9.8, 5.0)}]
    cells = [text.strip() for text in row("Winnow", rounds, workers=2).split("|")]
    assert cells[4:7] == ["0.90 (0.90–0.90)", "0.95 (0.95–0.95)", "0.98 (0.98–0.98)"]


def test_a_cell_says_the_median_and_the_spread() -> None:
    assert cell([0.001, None, 0.003, 0.01], ".0f", 1000) == "3 (1–10)"
    assert cell([None], ".1f") == "–"


def test_marks_are_read_from_all_processes_in_their_order_in_time(tmp_path: Path) -> None:
    for made in reversed(WARM):
        with (tmp_path / f"marks-{made.process}.jsonl").open("a") as file:
            file.write(json.dumps(asdict(made)) + "\n")
    assert read_marks(tmp_path) == WARM


def test_all_contenders_get_the_same_job_and_no_two_trials_are_equal(tmp_path: Path) -> None:
    job = Job(tmp_path, 7, 3, 2)
    job.write()
    assert Job.read(tmp_path) == job
    assert len({config.fingerprint() for config in job.configs}) == 7
    assert {config.epochs for config in job.configs} == {3}


@pytest.mark.slow
def test_the_command_prints_a_line_for_each_contender(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.overhead", "--rounds", "1", "--trials", "3", "--epochs", "1"]
    command += ["--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert len(lines) == 5

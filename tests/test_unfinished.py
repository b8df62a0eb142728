"""A trial that a time budget has cut off while it was ahead is named at the end, though a completed one ranks first."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from search.runs.layout import RunLayout
from search.runs.record import Ending, RecordedReport, RungDecision, Status, Stint, TrialRecord
from search.runs.run import Run
from search.summary import print_summary
from search.unfinished import unfinished_text
from tests.inprocess import SPACE, plan_in


def trial(number: int, status: Status, epochs: int, value: float, *, paused: bool = False) -> TrialRecord:
    """Return a trial, which pauses at a rung or was interrupted where it waits."""
    rung = RungDecision(epochs, keep=not paused, cutoff=0.9, standing=3)
    last = RecordedReport(epochs, epochs, value, 1.0, 1, None, "pause", (rung,))
    ending: Ending = "paused" if status == "waiting" else "completed"
    stint = Stint(1, 0.0, end=1.0, ending=ending)
    return TrialRecord(number, status, {}, {epochs: last}, (stint,), values={epochs: value})


def run_of(folder: Path, *records: TrialRecord, text: str = SPACE) -> Run:
    return Run(RunLayout(folder / "run"), plan_in(folder, text), records)


BEST = trial(0, "completed", 3, 0.7236)


def test_the_best_of_those_that_were_cut_off_while_ahead_is_named(tmp_path: Path) -> None:
    run = run_of(tmp_path, BEST, trial(1, "waiting", 2, 0.75), trial(2, "waiting", 1, 0.8162))
    best = run.best()
    assert best is not None
    assert best.number == 0
    assert unfinished_text(run, "python -m search.resume run") == (
        "Trial 2, cut off after 1 of 3 epochs, had 0.8162: `python -m search.resume run` goes on with it and 1 more "
        "such trial."
    )


def test_where_a_lower_value_is_better_so_it_is_here(tmp_path: Path) -> None:
    text = SPACE.replace("scheduler:", "objective: {metric: val/loss, mode: min}\nscheduler:")
    records = (trial(1, "waiting", 1, 0.9), trial(2, "waiting", 2, 0.5), trial(3, "waiting", 1, 0.4))
    said = unfinished_text(run_of(tmp_path, BEST, *records, text=text), "go on")
    assert (
        said
        == "Trial 3, cut off after 1 of 3 epochs, had 0.4000: `go on` goes on with it and 1 more such trial."
    )


@pytest.mark.parametrize(
    "other",
    [
        trial(1, "waiting", 2, 0.7),
        trial(1, "stopped", 2, 0.8),
        trial(1, "waiting", 2, 0.8, paused=True),  # the scheduler may never go on with it
    ],
)
def test_nothing_is_said_of_others(other: TrialRecord, tmp_path: Path) -> None:
    assert unfinished_text(run_of(tmp_path, BEST, other), "go on") == ""
    assert unfinished_text(run_of(tmp_path, replace(other, number=0)), "go on") == ""


def test_the_summary_has_the_line_with_the_command_in_one_piece(tmp_path: Path) -> None:
    run = run_of(tmp_path, BEST, trial(1, "waiting", 2, 0.8162))
    console = Console(file=io.StringIO(), width=80)
    print_summary(console, run, "the time budget of 10 s is used up", 10.0)
    assert isinstance(console.file, io.StringIO)
    (line,) = (line for line in console.file.getvalue().splitlines() if line.startswith("Trial 1"))
    command = f"`python -m search.resume {tmp_path}/run`"
    assert line == f"Trial 1, cut off after 2 of 3 epochs, had 0.8162: {command} goes on with it."

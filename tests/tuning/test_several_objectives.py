"""A search with several objectives and a constraint, trained for real: what it records, rejects and shows."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from rich.console import Console

from search.runs.reader import open_run
from search.summary import print_front, summary_document
from tests.inprocess import SPACE, Search, plan_in

BOTH = SPACE.replace(
    "data:", "objectives: [val/accuracy, parameters]\nconstraints: [parameters <= 6000]\ndata:", 1
).replace("width: 4", "width: {low: 4, high: 40, step: 4}")


def test_the_front_is_what_no_completed_trial_dominates_and_what_is_too_large_was_never_trained(
    tmp_path: Path,
) -> None:
    search = Search(plan_in(tmp_path, BOTH.replace("trials: 4", "trials: 6")), tmp_path / "run")
    search.go(7)
    search.go()
    run = open_run(tmp_path / "run")
    rejected = [trial for trial in run.trials if trial.status == "rejected"]
    trained = [trial for trial in run.trials if trial.status != "rejected"]
    assert len(trained) == 6, "the rejected ones are not of the budget"
    assert all(trial.record.attributes["parameters"] > 6000 and not trial.record.stints for trial in rejected)
    assert all(trial.record.attributes["parameters"] <= 6000 for trial in trained)
    completed = [trial for trial in trained if trial.status == "completed"]
    undominated = [
        mine.number
        for mine in completed
        if not any(
            other.score >= mine.score
            and other.record.attributes["parameters"] <= mine.record.attributes["parameters"]
            and (other.score, other.record.attributes) != (mine.score, mine.record.attributes)
            for other in completed
            if other.score is not None and mine.score is not None
        )
    ]
    assert sorted(trial.number for trial in run.front()) == sorted(undominated)
    shown = [found["trial"] for found in summary_document(run, "", 0.0)["front"]]
    assert shown == [trial.number for trial in run.front()]
    console = Console(file=StringIO(), width=80)
    print_front(console, run)
    assert isinstance(console.file, StringIO)
    assert "The front of val/accuracy, parameters" in console.file.getvalue()

"""Confirmations made by hand: the document, and the run of its trainings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from search.runs.layout import RunLayout
from search.runs.run import Run
from search.winner.confirmation.document import Candidate, Confirmation
from search.winner.confirmation.estimate import Difference, Estimate
from search.winner.confirmation.schedule import PlannedTraining, Schedule
from tests.dashboard.records import curve, run

SCHEDULE = Schedule(candidates=(7, 3, 5), phases=(1, 2), tests=2, epochs=9, seed=0)


def estimate(mean: float, *, images: int = 1000, seeds: int = 5) -> Estimate:
    return Estimate(mean, 0.002, mean - 0.01, mean + 0.01, seeds, images, any_seed=True)


def candidate(trial: int, mean: float, *, phase: int | None = None, **more: Any) -> Candidate:
    behind = None if phase is None else Difference(0.003, -0.004, 0.01)
    known: dict[str, Any] = {
        "search_score": mean + 0.01,
        "trainings": 5,
        "failed": 0,
        "score": mean,
        "validation": estimate(mean),
        "chance": 0.7 if phase is None else 0.3,
        "phase": phase,
        "behind": behind,
        "parameters": 1000 * (trial + 1),
        "flops": 2000 * (trial + 1),
        "seconds": 2.0,
    }
    return Candidate(trial=trial, **{**known, **more})


def document(**more: Any) -> Confirmation:
    """Return a confirmation of trial 2, with trial 0, which is smaller, behind it."""
    known: dict[str, Any] = {
        "run": "tiny",
        "metric": "val/accuracy",
        "winner": 2,
        "candidates": (candidate(2, 0.97), candidate(0, 0.967, phase=1)),
        "test": estimate(0.965, images=359),
        "validation": estimate(0.97, images=288),
        "epochs": 9,
        "search_score": 0.98,
        "confirmed_score": 0.97,
        "optimism": 0.01,
        "looked": {"2": 5},
    }
    return Confirmation(**{**known, **more})


def write(layout: RunLayout, found: Confirmation) -> None:
    layout.winner.mkdir(parents=True, exist_ok=True)
    layout.confirmation.write_text(json.dumps(found.to_json()), encoding="utf-8")


def confirming_run(
    folder: Path, values: Mapping[PlannedTraining, list[float]], *, schedule: Schedule | None = SCHEDULE
) -> Run:
    """Return a confirmation's own run: trainings with a value for each epoch; fewer than nine: it is under way."""
    records = [
        curve(
            number,
            told,
            origin=f"request:{training.name}",
            status="completed" if len(told) == 9 else "running",
        )
        for number, (training, told) in enumerate(values.items())
    ]
    made = run(folder, records)
    if schedule is not None:
        made.layout.schedule.write_text(json.dumps(schedule.to_json()), encoding="utf-8")
    return made

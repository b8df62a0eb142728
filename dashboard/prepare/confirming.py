"""A confirmation before it is over: what it would cost, and how its trainings stand."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from dashboard.prepare.confirmed import accuracy_of, trainings
from search.runs.record import ENDED
from search.runs.run import Run, Trial
from search.winner.confirmation.rejects import cost as before_choice
from search.winner.confirmation.rejects import phases
from search.winner.confirmation.schedule import PlannedTraining, Schedule

TOP, SEEDS = 5, 5
"""As `search.confirm` proposes them."""

MOST_TEXT = 64 * 1024
"""Bytes that are read of a schedule."""


@dataclass(frozen=True)
class Wanted:
    """How much is trained: the ``top`` trials, each ``seeds`` times on the average; ``budget``: trainings before the
    choice, None for ``top`` times ``seeds``."""

    top: int = TOP
    seeds: int = SEEDS
    budget: int | None = None

    @property
    def words(self) -> list[str]:
        """These as arguments of `search.confirm`."""
        budget = [] if self.budget is None else ["--budget", str(self.budget)]
        return ["--top", str(self.top), "--seeds", str(self.seeds), *budget]


@dataclass(frozen=True)
class Cost:
    """What a confirmation trains: ``before`` the choice, and ``after`` it; ``hours`` of training, one after another."""

    candidates: int
    before: int
    after: int
    hours: float


@dataclass(frozen=True)
class Standing:
    """How a confirmation's trainings stand: ``done`` of ``planned`` (None: not known), ``share`` of all epochs (0-1).

    ``columns`` has a row for each candidate: trial, stands, trained, training (now), again (mean accuracy on the
    validation images so far).
    """

    done: int
    planned: int | None
    share: float
    columns: dict[str, list[Any]]


def able(run: Run) -> list[Trial]:
    """Return the trials that can be candidates, best first: completed ones whose point the space still allows."""
    return [
        trial
        for trial in run.ranking()
        if trial.status == "completed" and not run.plan.space.check(trial.point)
    ]


def cost(run: Run, wanted: Wanted) -> Cost:
    """Return what a confirmation would cost, if its candidates left in the order of their scores, the last one first.

    Raises:
        ValueError: there are fewer trainings than candidates.
    """
    seconds = [trial.seconds for trial in able(run)[: wanted.top]]
    lengths = phases(len(seconds), wanted.budget or wanted.top * wanted.seeds)
    spent, before = 0.0, 0
    for left, length in zip(range(len(seconds), 1, -1), lengths, strict=True):
        spent += (length - before) * sum(seconds[:left])
        before = length
    spent += wanted.seeds * seconds[0]
    return Cost(len(seconds), before_choice(lengths), wanted.seeds, spent / 3600)


def standing(confirming: Run) -> Standing:
    """Return how the trainings of a confirmation stand.

    Args:
        confirming: its own run.
    """
    known = trainings(confirming)
    ended = {training: _score(confirming, trial) for training, trial in known if trial.status in ENDED}
    schedule = read_schedule(confirming.layout.schedule)
    planned = None if schedule is None else schedule.trainings
    horizon = max(confirming.plan.budget.epochs, 1)
    spent = sum(1.0 if training in ended else trial.epochs / horizon for training, trial in known)
    numbers = sorted({one.candidate for one, _ in known}) if schedule is None else list(schedule.candidates)
    rows = [_row(confirming, number, known, _stands(schedule, ended, number)) for number in numbers]
    share = min(1.0, spent / planned) if planned else 0.0
    columns = {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
    return Standing(len(ended), planned, share, columns)


def read_schedule(path: Path) -> Schedule | None:
    """Return what a confirmation trains in all; None where its folder does not say."""
    try:
        with path.open("rb") as file:
            said = json.loads(file.read(MOST_TEXT))
        numbers = [[int(one) for one in said[name]] for name in ("candidates", "phases")]
        found = Schedule(
            tuple(numbers[0]),
            tuple(numbers[1]),
            int(said["tests"]),
            int(said["epochs"]),
            int(said["seed"]),
            maximize=bool(said["maximize"]),
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if len(found.phases) == len(found.candidates) - 1 else None


def _score(confirming: Run, trial: Trial) -> float | None:
    return confirming.scoring.score(trial.record.values) if trial.status == "completed" else None


def _stands(schedule: Schedule | None, ended: dict[PlannedTraining, float | None], number: int) -> str:
    if schedule is None:
        return ""
    gone = schedule.dropped(ended)
    if number in gone:
        return f"left in round {gone.index(number) + 1}"
    return "winner" if schedule.winner(ended) == number else "still in"


def _row(
    confirming: Run, number: int, known: list[tuple[PlannedTraining, Trial]], stands: str
) -> dict[str, Any]:
    own = [trial for training, trial in known if training.candidate == number]
    values = [accuracy_of(confirming, trial) for trial in own if trial.status == "completed"]
    found = [value for value in values if value is not None]
    return {
        "trial": number,
        "stands": stands,
        "trained": sum(trial.status in ENDED for trial in own),
        "training": sum(trial.status == "running" for trial in own),
        "again": fmean(found) if found else math.nan,
    }

"""The leaderboard: the ranking as a table, trials without a rank below it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dashboard.prepare.states import STATUS_TEXT
from search.runs.run import Run, Trial
from search.summary import searched


def ranked(run: Run) -> list[Trial]:
    """Return all trials: best first, then those that failed or have no value, by number."""
    ranking = run.ranking()
    placed = {trial.number for trial in ranking}
    return [*ranking, *(trial for trial in run.trials if trial.number not in placed)]


def columns(run: Run) -> dict[str, list[Any]]:
    """Return the table by columns; a parameter that is not active in a trial, or a missing score, is None.

    Columns: place (None without a rank), trial, score, curve, epochs, status, seconds of training, then one for
    each searched parameter.
    """
    trials, places = ranked(run), len(run.ranking())
    points = [searched(run, trial) for trial in trials]
    table: dict[str, list[Any]] = {
        "place": [place if place <= places else None for place in range(1, len(trials) + 1)],
        "trial": [trial.number for trial in trials],
        "score": [trial.score for trial in trials],
        "curve": [curve(trial) for trial in trials],
        "epochs": [trial.epochs for trial in trials],
        "status": [STATUS_TEXT[trial.status] for trial in trials],
        "seconds": [trial.record.last.seconds if trial.record.last else None for trial in trials],
    }
    for name in parameters(run):
        table[name] = column([point.get(name) for point in points])
    return table


def parameters(run: Run) -> list[str]:
    """Return the names of the parameters that are searched, in the plan's order."""
    return [parameter.name for parameter in run.plan.space.parameters if parameter.domain.size() > 1]


def curve(trial: Trial) -> list[float]:
    """Return a trial's values by step, without those that are not finite: a sparkline has no gaps."""
    return [value for value in trial.record.values.values() if math.isfinite(value)]


def column(values: Sequence[Any]) -> list[Any]:
    """Return a column of one type: numbers stay numbers, and anything else becomes text."""
    known = [value for value in values if value is not None]
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in known):
        return list(values)
    return [
        None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        for value in values
    ]


def curve_range(run: Run) -> tuple[float, float] | None:
    """Return the lowest and the highest value of all curves, so that sparklines compare; None without any."""
    values = [value for trial in run.trials for value in curve(trial)]
    return (min(values), max(values)) if values else None

"""All trials of a run by columns: what every page filters, draws and downloads."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd  # type: ignore[import-untyped]

from search.plan.domain import Float, Int
from search.plan.parameter import Parameter as Searched
from search.plan.trial_config import Value
from search.runs.record import TrialRecord
from search.runs.run import Run

Floats = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]
Kind = Literal["number", "choice"]

MOST_CELLS = 20_000_000
"""Of the matrix of values, 160 MB: 5,000 trials with 4,000 different steps. Of more steps every other one is left
out, until they fit."""


@dataclass(frozen=True)
class Parameter:
    """A searched parameter as an axis.

    ``low`` and ``high`` are those of the space for a number, ``choices`` the values as text otherwise. ``log``: it is
    searched on the logarithm; its values are above 0 then. ``whole``: they are whole numbers.
    """

    name: str
    kind: Kind
    log: bool = False
    low: float = math.nan
    high: float = math.nan
    choices: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True, eq=False)
class Table:
    """Trials by columns; row i is trial number i.

    ``facts`` has the columns trial, place (1 is the best; NaN without a rank), status, score, best (the best value at
    any epoch), best_epoch, epochs, seconds (of training), start (seconds since 1970), origin, reason. ``points`` has a
    column for each of ``parameters``: numbers as float with NaN, choices as text with None, where it is not active.
    ``values`` (trials, S) is the objective at ``steps`` (S,), ascending; NaN where there is none.
    """

    facts: pd.DataFrame
    points: pd.DataFrame
    parameters: tuple[Parameter, ...]
    steps: Steps
    values: Floats
    metric: str
    maximize: bool
    horizon: int

    def __len__(self) -> int:
        """Return the number of trials."""
        return len(self.facts)

    def at(self, epoch: int) -> Floats:
        """Return the values (trials,) at an epoch; NaN where a trial has none there."""
        found = np.flatnonzero(self.steps == epoch)
        return self.values[:, found[0]] if len(found) else np.full(len(self), np.nan)

    def parameter(self, name: str) -> Parameter:
        """Return a parameter by name.

        Raises:
            KeyError: there is none of that name.
        """
        return {parameter.name: parameter for parameter in self.parameters}[name]


def table(run: Run) -> Table:
    """Return all trials of a run by columns."""
    records = [trial.record for trial in run.trials]
    parameters = tuple(axis(searched) for searched in run.plan.space.parameters if searched.domain.size() > 1)
    steps, values = matrix(records)
    return Table(
        facts=_facts(run, steps, values),
        points=_points(records, parameters),
        parameters=parameters,
        steps=steps,
        values=values,
        metric=run.plan.objective.metric,
        maximize=run.scoring.maximize,
        horizon=run.plan.budget.epochs,
    )


def axis(searched: Searched) -> Parameter:
    """Return a parameter of a space as an axis; one that is not a range is a choice among its values."""
    domain = searched.domain
    if isinstance(domain, Float | Int):
        ends = (float(domain.low), float(domain.high))
        return Parameter(searched.name, "number", domain.log, *ends, whole=isinstance(domain, Int))
    return Parameter(searched.name, "choice", choices=tuple(text(value) for value in domain.values()))


def text(value: Value | None) -> str:
    """Return a value as it is written in YAML: `true`, `adam`, `64`."""
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def matrix(records: Sequence[TrialRecord]) -> tuple[Steps, Floats]:
    """Return the union of all steps (S,), ascending, and the values (trials, S), NaN where there is none."""
    told = [np.fromiter(known.values.keys(), np.int64, len(known.values)) for known in records]
    steps = np.unique(np.concatenate(told)) if told else np.empty(0, np.int64)
    while len(steps) * len(records) > MOST_CELLS:
        steps = steps[::-2][::-1]  # the last one stays
    values = np.full((len(records), len(steps)), np.nan)
    if len(steps):
        for row, (known, those) in enumerate(zip(records, told, strict=True)):
            places = np.minimum(np.searchsorted(steps, those), len(steps) - 1)
            kept = steps[places] == those
            values[row, places[kept]] = np.fromiter(known.values.values(), np.float64, len(those))[kept]
    values[~np.isfinite(values)] = np.nan
    return steps, values


def _facts(run: Run, steps: Steps, values: Floats) -> pd.DataFrame:
    trials = run.trials
    places = {trial.number: place for place, trial in enumerate(run.ranking(), start=1)}
    best, best_epoch = best_of(steps, values, maximize=run.scoring.maximize)
    columns = {
        "trial": np.array([trial.number for trial in trials], dtype=np.int64),
        "place": np.array([places.get(trial.number, np.nan) for trial in trials], dtype=np.float64),
        "status": [trial.status for trial in trials],
        "score": np.array([_number(trial.score) for trial in trials], dtype=np.float64),
        "best": best,
        "best_epoch": best_epoch,
        "epochs": np.array([trial.epochs for trial in trials], dtype=np.int64),
        "seconds": np.array([trial.seconds for trial in trials], dtype=np.float64),
        "start": np.array([_start(trial.record) for trial in trials], dtype=np.float64),
        "origin": [trial.record.origin for trial in trials],
        "reason": [trial.record.reason for trial in trials],
    }
    return pd.DataFrame(columns)


def best_of(steps: Steps, values: Floats, *, maximize: bool) -> tuple[Floats, Floats]:
    """Return each trial's best value (trials,) and its first step with it; NaN where it has none."""
    if not values.size:
        return np.full(len(values), np.nan), np.full(len(values), np.nan)
    known = np.isfinite(values).any(axis=1)
    worst = -np.inf if maximize else np.inf
    filled = np.where(np.isnan(values), worst, values)
    at = filled.argmax(axis=1) if maximize else filled.argmin(axis=1)
    best = np.where(known, filled[np.arange(len(values)), at], np.nan)
    return best, np.where(known, steps[at], np.nan)


def _points(records: Sequence[TrialRecord], parameters: Sequence[Parameter]) -> pd.DataFrame:
    columns: Mapping[str, Any] = {
        parameter.name: _column([known.point.get(parameter.name) for known in records], parameter.kind)
        for parameter in parameters
    }
    return pd.DataFrame(columns, index=range(len(records)))


def _column(values: Sequence[Value | None], kind: Kind) -> Any:
    if kind == "number":
        numbers = [_number(value) if isinstance(value, int | float) else math.nan for value in values]
        return np.array(numbers, dtype=np.float64)
    return pd.Series([None if value is None else text(value) for value in values], dtype=object)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _start(known: TrialRecord) -> float:
    return known.stints[0].start if known.stints else math.nan

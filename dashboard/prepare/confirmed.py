"""What a confirmation found, ready to be drawn: figures, sentences, the candidates and each of their trainings."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd  # type: ignore[import-untyped]

from search.runs.layout import RunLayout
from search.runs.run import Run, Trial
from search.winner.confirmation.document import Candidate, Confirmation, ConfirmationError, read_confirmation
from search.winner.confirmation.schedule import TEST, PlannedTraining, training_of
from search.winner.confirmation.words import sentences, warnings

ACCURACY = "val/accuracy"


@dataclass(frozen=True, eq=False)
class Confirmed:
    """A confirmation in words. ``figures`` are the most important numbers by name, ``warnings`` what spoils them.

    ``candidates`` has a row for each, the winner first: trial, stands, search, again, sd, interval, seeds, chance (0 to
    100), behind, behind interval, parameters, seconds (of an epoch).
    """

    winner: int
    figures: dict[str, str]
    sentences: tuple[str, ...]
    warnings: tuple[str, ...]
    candidates: pd.DataFrame


@dataclass(frozen=True)
class Fresh:
    """A completed training of a confirmation; ``final``: after the choice. ``accuracy`` is on the validation images."""

    candidate: int
    seed: int
    final: bool
    accuracy: float


def confirmed(layout: RunLayout) -> Confirmed | None:
    """Return what the confirmation of a run found; None where there is none.

    Raises:
        ConfirmationError: the file is damaged; the message says where.
    """
    found = confirmation(layout)
    if found is None:
        return None
    try:
        return _in_words(found)
    except (TypeError, ValueError, AttributeError, StopIteration) as error:
        raise ConfirmationError(f"{layout.confirmation} is no confirmation: {error}") from error


def confirmation(layout: RunLayout) -> Confirmation | None:
    """Return the document of a run's confirmation; None where there is none.

    Raises:
        ConfirmationError: the file is damaged.
    """
    try:
        seen = layout.confirmation.stat().st_mtime_ns
    except OSError:
        return None
    return _read(layout.confirmation, seen)


def trainings(confirming: Run) -> list[tuple[PlannedTraining, Trial]]:
    """Return the trainings of a confirmation's own run, each with its trial there."""
    return [(found, trial) for trial in confirming.trials if (found := training_of(trial.record))]


def fresh(confirming: Run) -> list[Fresh]:
    """Return the trainings that have completed, with their accuracy on the validation images."""
    found = []
    for training, trial in trainings(confirming):
        value = accuracy_of(confirming, trial)
        if trial.status == "completed" and value is not None:
            found.append(Fresh(training.candidate, training.seed, training.part == TEST, value))
    return found


def accuracy_of(run: Run, trial: Trial) -> float | None:
    """Return a trial's accuracy on the validation images at its last epoch; None where nothing says it."""
    known = trial.score if run.plan.objective.metric == ACCURACY else trial.metrics.get(ACCURACY)
    return known if known is not None and math.isfinite(known) else None


@functools.lru_cache(maxsize=16)
def _read(path: Path, seen: int) -> Confirmation:
    del seen
    return read_confirmation(path)


def _in_words(found: Confirmation) -> Confirmed:
    best = found.candidate(found.winner)
    ordered = sorted(found.candidates, key=lambda one: -(one.phase or 10**9))
    return Confirmed(
        winner=found.winner,
        figures=_figures(found, best),
        sentences=tuple(sentences(found)),
        warnings=tuple(warnings(found)),
        candidates=pd.DataFrame([_row(one) for one in ordered]),
    )


def _figures(found: Confirmation, best: Candidate) -> dict[str, str]:
    split = "validation" if found.test is None else "test"
    told = found.validation if found.test is None else found.test
    figures = {
        f"Expected {split} accuracy": f"{told.mean:.4f}",
        "95 % interval": f"{told.low:.4f} to {told.high:.4f}",
        "Chance to be the best": f"{best.chance:.0%}",
    }
    return {**figures, "Optimism of the search": f"{found.optimism:+.4f}"}


def _row(one: Candidate) -> dict[str, Any]:
    again, behind = one.validation, one.behind
    return {
        "trial": one.trial,
        "stands": stands(one.phase),
        "search": one.search_score,
        "again": math.nan if again is None else again.mean,
        "sd": math.nan if again is None else again.sd,
        "interval": "failed" if again is None else f"{again.low:.4f} to {again.high:.4f}",
        "seeds": one.trainings - one.failed,
        "chance": 100 * one.chance,
        "behind": math.nan if behind is None else behind.mean,
        "behind interval": "" if behind is None else f"{behind.low:.4f} to {behind.high:.4f}",
        "parameters": one.parameters,
        "seconds": one.seconds,
    }


def stands(phase: int | None) -> str:
    """Return what became of a candidate: the round after which it left, None for the winner."""
    return "winner" if phase is None else f"left in round {phase}"


def chart_rows(found: Confirmation, done: Sequence[Fresh]) -> dict[str, dict[str, list[Any]]]:
    """Return the columns of the chart of the candidates, by what is drawn.

    ``choice`` and ``final``: row, accuracy, seed of each training; ``mean``: row, accuracy; ``interval``: row, accuracy
    of both ends, then a gap. A row is the name of a candidate; ``rows`` has all of them in order.
    """
    ordered = sorted(found.candidates, key=lambda one: -(one.phase or 10**9))
    names = {one.trial: f"trial {one.trial}\n{stands(one.phase)}" for one in ordered}
    known = [one for one in done if one.candidate in names]
    estimates = [(names[one.trial], one.validation) for one in ordered if one.validation is not None]
    ends = [(row, end) for row, told in estimates for end in (told.low, told.high, math.nan)]
    return {
        "rows": {"row": list(names.values())},
        "choice": _dots([one for one in known if not one.final], names),
        "final": _dots([one for one in known if one.final], names),
        "mean": {"row": [row for row, _ in estimates], "accuracy": [told.mean for _, told in estimates]},
        "interval": {"row": [row for row, _ in ends], "accuracy": [end for _, end in ends]},
    }


def _dots(done: Sequence[Fresh], names: dict[int, str]) -> dict[str, list[Any]]:
    return {
        "row": [names[one.candidate] for one in done],
        "accuracy": [one.accuracy for one in done],
        "seed": [one.seed for one in done],
    }

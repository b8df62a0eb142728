"""What one search remembers of earlier ones: their points and curves, in a bounded file of the new run.

An earlier search may have had other data, another space or another horizon: its values mean something only beside
one another, and its epochs as shares of its own horizon.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from search.plan.trial_config import Value
from search.runs.errors import StudyError
from search.runs.layout import write_json
from search.runs.ranking import Scoring, rank
from search.runs.record import TrialRecord

FORMAT = 1

MOST_POINTS = 200
"""Trials that are remembered of one search: its best, and of the others evenly many over its course."""


@dataclass(frozen=True)
class PastTrial:
    """A point and its curve: shares of the horizon (0-1], increasing, and values of which larger ones are better."""

    point: Mapping[str, Value]
    shares: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class PastSearch:
    """An earlier search: where it was, and its trials, best first."""

    name: str
    trials: tuple[PastTrial, ...]


def remember(
    name: str, records: Sequence[TrialRecord], *, scoring: Scoring, epochs: int, most: int = MOST_POINTS
) -> PastSearch:
    """Return what is worth remembering of a search.

    Args:
        name: of the search, for people.
        records: its trials.
        scoring: of its objective.
        epochs: its horizon.
        most: trials to keep.
    """
    ranked = rank(records, scoring)
    best = ranked[: most // 2]
    others = sorted(ranked[most // 2 :], key=lambda record: record.number)
    every = max(1, math.ceil(len(others) / max(1, most - len(best))))
    kept = [*best, *others[::every]]
    return PastSearch(name, tuple(_trial(record, scoring, epochs) for record in kept))


def remember_all(
    name: str, records: Sequence[TrialRecord], *, scoring: Scoring, epochs: int
) -> tuple[PastSearch, ...]:
    """Return what is worth remembering of a run, a search for each horizon that had trials, the newest first.

    Trials on schedules of different lengths are not compared; for the arguments see `remember`.
    """
    horizons = list(dict.fromkeys(record.horizon(epochs) for record in reversed(records)))
    found = []
    for horizon in horizons:
        alike = [record for record in records if record.horizon(epochs) == horizon]
        called = name if horizon == epochs else f"{name} ({horizon} epochs)"
        found.append(remember(called, alike, scoring=scoring, epochs=horizon))
    return tuple(search for search in found if search.trials)


def write_memory(path: Path, searches: Sequence[PastSearch]) -> None:
    """Write what is remembered."""
    write_json(path, {"format": FORMAT, "searches": [asdict(search) for search in searches]})


def read_memory(path: Path) -> tuple[PastSearch, ...]:
    """Read what `write_memory` wrote; nothing where there is no such file.

    Raises:
        StudyError: it is damaged, or has a format that this version does not read.
    """
    if not path.is_file():
        return ()
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            raise StudyError(f"{path}: format {FORMAT} is expected, but got {document['format']!r}")
        return tuple(_search(found) for found in document["searches"])
    except StudyError:
        raise
    except (ValueError, TypeError, KeyError) as error:
        raise StudyError(f"{path} is damaged: {error!r}") from error


def _trial(record: TrialRecord, scoring: Scoring, epochs: int) -> PastTrial:
    sign = 1.0 if scoring.maximize else -1.0
    steps = [step for step, value in sorted(record.values.items()) if math.isfinite(value)]
    kept = sorted({steps[-1], *(step for step in steps if _is_level(step, steps))})
    scores = [scoring.score({s: v for s, v in record.values.items() if s <= step}) for step in kept]
    return PastTrial(
        record.point,
        tuple(min(1.0, step / epochs) for step in kept),
        tuple(sign * score for score in scores if score is not None),
    )


def _is_level(step: int, steps: Sequence[int]) -> bool:
    """Tell whether a step is the first from a power of 3 on: a curve is remembered in a handful of values."""
    level = 3 ** int(math.log(step, 3) + 1e-9)
    return step == min(s for s in steps if s >= level)


def _search(document: Mapping[str, Any]) -> PastSearch:
    trials = (PastTrial(t["point"], tuple(t["shares"]), tuple(t["values"])) for t in document["trials"])
    return PastSearch(document["name"], tuple(trials))

"""What an ensemble selection found: RUN/winner/ensemble.json; no torch, so that the dashboard can read it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from search.winner.confirmation.estimate import Difference, Estimate

FORMAT = 1


class EnsembleError(ValueError):
    """A file is no ensemble, or a damaged one; the message says where and why."""


@dataclass(frozen=True)
class Chosen:
    """A trial of the ensemble, with its weight in the mean of the probabilities."""

    trial: int
    share: float


@dataclass(frozen=True)
class Size:
    """What an answer costs: parameters that are held in memory, multiplications with an addition for an image."""

    parameters: int
    flops: int


@dataclass(frozen=True)
class EnsembleChoice:
    """Which trials of a run are best together.

    ``members`` were chosen on all validation images, greatest share first. ``together`` and ``alone`` are the
    accuracy of an ensemble and of the best trial alone on validation images that took no part in their choice (five
    folds), ``gain`` their difference. ``cost`` is that of the ensemble, ``cost_alone`` that of the best trial.
    ``library`` counts the trials that it was chosen from: completed, and with their weights; ``completed`` all
    completed ones. ``possible`` is the gain if the weights of the ``judged`` best of these had been kept, None where
    they were.
    """

    run: str
    members: tuple[Chosen, ...]
    together: Estimate
    alone: Estimate
    gain: Difference
    cost: Size
    cost_alone: Size
    library: int
    completed: int
    judged: int
    possible: Difference | None

    def to_json(self) -> dict[str, Any]:
        """Return this as a document."""
        return {"format": FORMAT, "split": "validation", **asdict(self)}


def read_ensemble(path: Path) -> EnsembleChoice:
    """Read what `EnsembleChoice.to_json` wrote.

    Raises:
        EnsembleError: it is missing, damaged, or of another format.
    """
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        if document.pop("format") != FORMAT or document.pop("split") != "validation":
            raise EnsembleError(f"{path}: an ensemble of format {FORMAT} is expected")
        members = tuple(Chosen(**one) for one in document.pop("members"))
        if not members or any(not 0 < one.share <= 1 for one in members):
            raise EnsembleError(f"{path}: the share of a member must be above 0 and at most 1")
        possible = document.pop("possible")
        return EnsembleChoice(
            members=members,
            together=Estimate(**document.pop("together")),
            alone=Estimate(**document.pop("alone")),
            gain=Difference(**document.pop("gain")),
            cost=Size(**document.pop("cost")),
            cost_alone=Size(**document.pop("cost_alone")),
            possible=None if possible is None else Difference(**possible),
            **document,
        )
    except EnsembleError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EnsembleError(f"{path} is no ensemble: {error}") from error

"""What an ensemble of a run's trials gains and costs, in words."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from search.runs.layout import RunLayout
from search.winner.ensemble.document import EnsembleChoice, EnsembleError, read_ensemble


@dataclass(frozen=True)
class Ensemble:
    """An ensemble: its trials with their shares (0 to 100, greatest first), and what is said of it."""

    trials: tuple[int, ...]
    shares: tuple[float, ...]
    figures: dict[str, str]
    sentences: tuple[str, ...]


def ensemble(layout: RunLayout) -> Ensemble | None:
    """Return the ensemble of a run; None where none was chosen.

    Raises:
        EnsembleError: the file is damaged; the message says where.
    """
    try:
        seen = layout.ensemble.stat().st_mtime_ns
    except OSError:
        return None
    try:
        return _in_words(_read(layout.ensemble, seen))
    except (TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
        raise EnsembleError(f"{layout.ensemble} is no ensemble: {error}") from error


@functools.lru_cache(maxsize=16)
def _read(path: Path, seen: int) -> EnsembleChoice:
    del seen
    return read_ensemble(path)


def _in_words(found: EnsembleChoice) -> Ensemble:
    together, alone, gain = found.together, found.alone, found.gain
    figures = {
        "Accuracy together": f"{together.mean:.4f}",
        "Best trial alone": f"{alone.mean:.4f}",
        "Gain": f"{gain.mean:+.4f}",
        "Cost of an answer": f"× {found.cost.flops / found.cost_alone.flops:.1f}",
    }
    told = (
        f"Together {together.mean:.4f} (95 % interval {together.low:.4f} to {together.high:.4f}), the best trial alone "
        f"{alone.mean:.4f}: a gain of {gain.mean:+.4f} ({gain.low:+.4f} to {gain.high:+.4f}), on {together.images:,} "
        "validation images, each judged by an ensemble that was chosen on the others.",
        "That is more than chance: the interval of the gain does not include 0."
        if gain.low > 0
        else "These images do not tell the ensemble from the best trial: the interval of the gain includes 0.",
        f"It holds {found.cost.parameters:,} parameters instead of {found.cost_alone.parameters:,}. It was chosen from "
        f"the {found.library} completed trials that have kept their weights"
        + ("." if found.possible is None else f", of {found.completed} completed ones."),
    )
    possible = found.possible
    more = (
        ()
        if possible is None
        else (
            f"With the weights of the best {found.judged} of them it could have gained {possible.mean:+.4f} "
            f"({possible.low:+.4f} to {possible.high:+.4f}).",
        )
    )
    trials, shares = (
        tuple(one.trial for one in found.members),
        tuple(100 * one.share for one in found.members),
    )
    return Ensemble(trials, shares, figures, (*told, *more))

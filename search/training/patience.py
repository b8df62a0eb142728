"""What the validation images said epoch by epoch, and when that is reason enough to end (Prechelt 1998)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

Watch = Literal["loss", "error"]


def watched(metrics: Mapping[str, float], watch: Watch) -> float:
    """Return the value of an epoch that is watched, less is better: the validation loss, or 1 - accuracy."""
    return metrics["val/loss"] if watch == "loss" else 1 - metrics["val/accuracy"]


def out_of_patience(past: Sequence[float], patience: int) -> str:
    """Return why a training ends now, or nothing.

    Args:
        past: the value of each finished epoch, less is better.
        patience: so many epochs in a row that are no better than the best before end it; 0: it never ends so.
    """
    if not patience or not past:
        return ""
    best = past.index(min(past))
    since = len(past) - 1 - best
    if since < patience:
        return ""
    return f"{since} epochs without a better value than that of epoch {best + 1} on the validation images"

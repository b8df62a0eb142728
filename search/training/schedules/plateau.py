"""Drops of the learning rate where the validation images say that nothing gets better, torch's ReduceLROnPlateau."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

from search.plan.registry import Range
from search.training.schedules.registry import DropFactor, Warmup, after_warmup, schedules

THRESHOLD = 1e-4
"""A value is better where it is less by this share of the best one; torch's default."""


@schedules.register("plateau")
def plateau(
    step: int,
    steps: int,
    past: Sequence[float] = (),
    *,
    warmup: Warmup = 0.0,
    plateau_epochs: Annotated[int, Range(0, 1000, "epochs without a better value that are borne")] = 10,
    drop_factor: DropFactor = 0.1,
    final: Annotated[float, Range(0, 1, "least share of the peak")] = 0.0,
) -> float:
    """Let the learning rate drop after too many epochs without a better validation value.

    Args:
        step: from 0 to steps - 1.
        steps: the horizon in optimizer steps.
        past: the validation value of each finished epoch, less is better; the recipe's ``watch`` says of what.
        warmup: share of the steps over which the rate rises linearly, whatever the values.
        plateau_epochs: the epoch after so many drops; torch's and Keras's default is 10, much for a short trial.
        drop_factor: of the learning rate at each drop; torch's and Keras's default.
        final: share of the peak that it never falls below.

    Returns:
        The factor; without warm-up equal to `torch.optim.lr_scheduler.ReduceLROnPlateau`.
    """
    return after_warmup(
        step,
        steps,
        warmup,
        lambda _done, _left: max(final, float(drop_factor ** _drops(past, plateau_epochs))),
    )


def _drops(past: Sequence[float], patience: int) -> int:
    """Count the drops: all of it follows from the values, so no state has to be saved."""
    best, bad, drops = math.inf, 0, 0
    for value in past:
        better = value < best * (1 - THRESHOLD)
        best, bad = (value, 0) if better else (best, bad + 1)
        if bad > patience:
            drops, bad = drops + 1, 0
    return drops

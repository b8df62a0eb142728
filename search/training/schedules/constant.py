"""No decay: the learning rate as it is, behind a linear warm-up."""

from __future__ import annotations

from typing import Annotated

from search.plan.registry import Range
from search.training.schedules.registry import schedules, warmup_steps


@schedules.register("constant")
def constant(
    step: int,
    steps: int,
    *,
    warmup: Annotated[float, Range(0, 0.9, "share of the steps that rise linearly from 0")] = 0.0,
) -> float:
    """Keep the learning rate constant.

    Args:
        step: from 0 to steps - 1.
        steps: the horizon in optimizer steps.
        warmup: share of the steps over which the rate rises linearly (Goyal et al. 2017).

    Returns:
        The factor, from 0 (exclusive) to 1.
    """
    rising = warmup_steps(warmup, steps)
    return (step + 1) / (rising + 1) if step < rising else 1.0

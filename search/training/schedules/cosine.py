"""Half a cosine from the peak to zero (Loshchilov and Hutter 2017, "SGDR"), behind a linear warm-up."""

from __future__ import annotations

import math
from typing import Annotated

from search.plan.registry import Range
from search.training.schedules.registry import Warmup, after_warmup, schedules


@schedules.register("cosine")
def cosine(
    step: int,
    steps: int,
    *,
    warmup: Warmup = 0.05,
    final: Annotated[float, Range(0, 1, "share of the peak that is left at the end")] = 0.0,
) -> float:
    """Let the learning rate fall along half a cosine.

    Args:
        step: from 0 to steps - 1.
        steps: the horizon in optimizer steps.
        warmup: share of the steps over which the rate rises linearly; 5 of 90 epochs in Goyal et al. 2017.
        final: share of the peak that would be reached at ``step == steps``; 0 in the paper.

    Returns:
        The factor, from 0 (exclusive) to 1.
    """
    return after_warmup(
        step,
        steps,
        warmup,
        lambda done, left: final + (1 - final) * (1 + math.cos(math.pi * (done / left))) / 2,
    )

"""One cycle (Smith and Topin 2018, "Super-convergence"), in the two cosine phases of fast.ai and torch."""

from __future__ import annotations

import math
from typing import Annotated

from search.plan.registry import Range
from search.training.schedules.registry import schedules


@schedules.register("one_cycle")
def one_cycle(
    step: int,
    steps: int,
    *,
    warmup: Annotated[float, Range(0, 0.9, "share of the steps that rise to the peak")] = 0.3,
    start_divisor: Annotated[float, Range(1, 1e9, "peak over the first learning rate")] = 25.0,
    final_divisor: Annotated[float, Range(1, 1e12, "first learning rate over the last one")] = 1e4,
) -> float:
    """Let the learning rate rise along half a cosine and fall along another; momentum stays as it is.

    Args:
        step: from 0 to steps - 1.
        steps: the horizon in optimizer steps.
        warmup: share of the steps that rise; 0.3 is fast.ai's and torch's.
        start_divisor: the peak is so many times the first learning rate; 25 is fast.ai's and torch's.
        final_divisor: the first learning rate is so many times the last one; 10,000 is torch's.

    Returns:
        The factor, from 1 / (start_divisor · final_divisor) to 1; equal to
        `torch.optim.lr_scheduler.OneCycleLR`.
    """
    first = 1 / start_divisor
    peak = warmup * steps - 1  # of the steps counted from 0, as torch has it; need not be whole
    if step <= peak:
        return _anneal(first, 1.0, step / peak if peak > 0 else 1.0)
    start = max(peak, 0.0)
    fall = (steps - 1) - start
    return _anneal(1.0, first / final_divisor, (step - start) / fall if fall > 0 else 0.0)


def _anneal(start: float, end: float, progress: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * progress)) / 2

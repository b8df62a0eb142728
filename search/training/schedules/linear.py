"""A straight line from the peak to zero, as the CIFAR-10 speed records and BERT have it, behind a linear warm-up."""

from __future__ import annotations

from typing import Annotated

from search.plan.registry import Range
from search.training.schedules.registry import Warmup, after_warmup, schedules


@schedules.register("linear")
def linear(
    step: int,
    steps: int,
    *,
    warmup: Warmup = 0.0,
    final: Annotated[float, Range(0, 1, "share of the peak that is left at the end")] = 0.0,
) -> float:
    """Let the learning rate fall along a straight line.

    Args:
        step: from 0 to steps - 1.
        steps: the horizon in optimizer steps.
        warmup: share of the steps over which the rate rises linearly; 0.1 in BERT's code (Devlin et al. 2019), 0.2
            in the fastest ResNet of David Page (2018, "How to train your ResNet").
        final: share of the peak that would be reached at ``step == steps``; 0 in both.

    Returns:
        The factor, from 0 (exclusive) to 1; without warm-up equal to `torch.optim.lr_scheduler.LinearLR`.
    """
    return after_warmup(step, steps, warmup, lambda done, left: 1 - (1 - final) * (done / left))

"""A fall by the same share at each step, torch's ExponentialLR; the share follows from what is left at the end."""

from __future__ import annotations

from typing import Annotated

from search.plan.registry import Range
from search.training.schedules.registry import Warmup, after_warmup, schedules


@schedules.register("exponential")
def exponential(
    step: int,
    steps: int,
    *,
    warmup: Warmup = 0.0,
    final: Annotated[float, Range(1e-9, 1, "share of the peak that is left at the end")] = 0.01,
) -> float:
    """Let the learning rate fall exponentially.

    Args:
        step: from 0 to steps - 1.
        steps: the horizon in optimizer steps.
        warmup: share of the steps over which the rate rises linearly.
        final: share of the peak that would be reached at ``step == steps``. There is no published one: 0.01 is what
            two drops of a stepwise schedule leave (He et al. 2016).

    Returns:
        The factor, from ``final`` to 1; without warm-up equal to `torch.optim.lr_scheduler.ExponentialLR` with
        ``gamma = final ** (1 / steps)``.
    """
    return after_warmup(step, steps, warmup, lambda done, left: float(final ** (done / left)))

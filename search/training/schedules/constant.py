"""No decay: the learning rate as it is, behind a linear warm-up."""

from __future__ import annotations

from search.training.schedules.registry import Warmup, after_warmup, schedules


@schedules.register("constant")
def constant(step: int, steps: int, *, warmup: Warmup = 0.0) -> float:
    """Keep the learning rate constant.

    Args:
        step: from 0 to steps - 1.
        steps: the horizon in optimizer steps.
        warmup: share of the steps over which the rate rises linearly (Goyal et al. 2017).

    Returns:
        The factor, from 0 (exclusive) to 1.
    """
    return after_warmup(step, steps, warmup, lambda _done, _left: 1.0)

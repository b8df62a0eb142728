"""Drops of the learning rate at given places (Zagoruyko and Komodakis 2016, "Wide Residual Networks")."""

from __future__ import annotations

from typing import Annotated

from search.plan.registry import Range
from search.training.schedules.registry import DropFactor, Warmup, after_warmup, schedules


@schedules.register("multi_step")
def multi_step(
    step: int,
    steps: int,
    *,
    warmup: Warmup = 0.0,
    first_drop: Annotated[float, Range(0, 1, "where it drops, as a share of the steps; 1: never")] = 0.3,
    second_drop: Annotated[float, Range(0, 1, "where it drops, as a share of the steps; 1: never")] = 0.6,
    third_drop: Annotated[float, Range(0, 1, "where it drops, as a share of the steps; 1: never")] = 0.8,
    drop_factor: DropFactor = 0.2,
) -> float:
    """Let the learning rate drop at up to three places.

    Args:
        step: from 0 to steps - 1.
        steps: the horizon in optimizer steps.
        warmup: share of the steps over which the rate rises linearly; the places are shares of what is left.
        first_drop: 60 of 200 epochs in the paper; He et al. 2016 on CIFAR-10: 0.5.
        second_drop: 120 of 200 epochs; He et al.: 0.75.
        third_drop: 160 of 200 epochs; He et al.: none, which is 1.
        drop_factor: of the learning rate at each; 0.2 in the paper; He et al.: 0.1.

    Returns:
        The factor; without warm-up equal to `torch.optim.lr_scheduler.MultiStepLR`.
    """
    places = (first_drop, second_drop, third_drop)

    def decay(done: int, left: int) -> float:
        return float(drop_factor ** sum(done >= round(place * left) for place in places))

    return after_warmup(step, steps, warmup, decay)

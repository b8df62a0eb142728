"""Equal stretches, each at a tenth of the learning rate of the one before (He et al. 2016 on ImageNet)."""

from __future__ import annotations

from typing import Annotated

from search.plan.registry import Range
from search.training.schedules.registry import DropFactor, Warmup, after_warmup, schedules


@schedules.register("step")
def step(
    step: int,
    steps: int,
    *,
    warmup: Warmup = 0.0,
    stages: Annotated[int, Range(1, 1000, "equal stretches of the training")] = 3,
    drop_factor: DropFactor = 0.1,
) -> float:
    """Let the learning rate drop at equal distances.

    Args:
        step: from 0 to steps - 1.
        steps: the horizon in optimizer steps.
        warmup: share of the steps over which the rate rises linearly; the stretches divide what is left.
        stages: how many stretches; 3 is He et al.'s and Goyal et al.'s (2017) 30 epochs of 90.
        drop_factor: of the learning rate from one to the next; 0.1 in both.

    Returns:
        The factor; without warm-up equal to `torch.optim.lr_scheduler.StepLR`.
    """
    return after_warmup(step, steps, warmup, lambda done, left: float(drop_factor ** (done * stages // left)))

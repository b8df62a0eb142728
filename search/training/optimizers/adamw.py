"""AdamW: Adam with decoupled weight decay (Loshchilov and Hutter 2019), torch's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import torch
from torch import nn

from search.plan.registry import Range
from search.training.optimizers.registry import (
    LearningRate,
    MeanMemory,
    SquareMemory,
    decay_groups,
    optimizers,
)


@optimizers.register("adamw")
def adamw(
    parameters: Iterable[nn.Parameter],
    *,
    learning_rate: LearningRate = 1e-3,
    beta1: MeanMemory = 0.9,
    beta2: SquareMemory = 0.999,
    weight_decay: Annotated[
        float, Range(0, 10, "decay per step and learning rate; not on biases, norms")
    ] = 0.01,
) -> torch.optim.Optimizer:
    """Build AdamW; the defaults are torch's.

    Args:
        parameters: of a model, each once.
        learning_rate: peak step size.
        beta1: memory of the gradient's running mean.
        beta2: memory of the gradient's running square.
        weight_decay: share of each weight, times the learning rate, taken off at each step.

    Returns:
        The optimizer. Its update is fused into one kernel call per group, on the CPU as on CUDA.
    """
    groups = decay_groups(parameters, weight_decay)
    return torch.optim.AdamW(groups, lr=learning_rate, betas=(beta1, beta2), fused=True)

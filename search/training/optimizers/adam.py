"""Adam (Kingma and Ba 2015), torch's own."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from search.training.optimizers.registry import (
    L2Decay,
    LearningRate,
    MeanMemory,
    SquareMemory,
    decay_groups,
    optimizers,
)


@optimizers.register("adam")
def adam(
    parameters: Iterable[nn.Parameter],
    *,
    learning_rate: LearningRate = 1e-3,
    beta1: MeanMemory = 0.9,
    beta2: SquareMemory = 0.999,
    weight_decay: L2Decay = 0.0,
) -> torch.optim.Optimizer:
    """Build Adam; the defaults are the paper's.

    Args:
        parameters: of a model, each once.
        learning_rate: peak step size.
        beta1: memory of the gradient's running mean.
        beta2: memory of the gradient's running square.
        weight_decay: L2 coefficient, added to the gradient before it is scaled (AdamW decays after).

    Returns:
        The optimizer. Its update is fused into one kernel call per group, on the CPU as on CUDA.
    """
    groups = decay_groups(parameters, weight_decay)
    return torch.optim.Adam(groups, lr=learning_rate, betas=(beta1, beta2), fused=True)

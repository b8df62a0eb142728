"""NAdam: Adam with Nesterov's momentum (Dozat 2016), torch's own."""

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


@optimizers.register("nadam")
def nadam(
    parameters: Iterable[nn.Parameter],
    *,
    learning_rate: LearningRate = 2e-3,
    beta1: MeanMemory = 0.9,
    beta2: SquareMemory = 0.999,
    weight_decay: L2Decay = 0.0,
) -> torch.optim.Optimizer:
    """Build NAdam; the defaults are torch's, and the paper's.

    Args:
        parameters: of a model, each once.
        learning_rate: peak step size.
        beta1: memory of the gradient's running mean; it rises towards this value over the first thousands of steps.
        beta2: memory of the gradient's running square.
        weight_decay: L2 coefficient, added to the gradient before it is scaled.

    Returns:
        The optimizer.
    """
    groups = decay_groups(parameters, weight_decay)
    return torch.optim.NAdam(groups, lr=learning_rate, betas=(beta1, beta2))

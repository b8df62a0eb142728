"""RMSprop (Tieleman and Hinton 2012, lecture 6.5 of "Neural Networks for Machine Learning"), torch's own."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from search.training.optimizers.registry import (
    L2Decay,
    LearningRate,
    Momentum,
    SquareMemory,
    decay_groups,
    optimizers,
)


@optimizers.register("rmsprop")
def rmsprop(
    parameters: Iterable[nn.Parameter],
    *,
    learning_rate: LearningRate = 1e-2,
    square_memory: SquareMemory = 0.99,
    momentum: Momentum = 0.0,
    weight_decay: L2Decay = 0.0,
) -> torch.optim.Optimizer:
    """Build RMSprop; the defaults are torch's.

    Args:
        parameters: of a model, each once.
        learning_rate: peak step size.
        square_memory: memory of the gradient's running square; 0.9 in the lecture and in MobileNet's recipe.
        momentum: share of the last step that goes on into the next; 0.9 in MobileNet's and EfficientNet's recipes.
        weight_decay: L2 coefficient, added to the gradient before it is scaled.

    Returns:
        The optimizer.
    """
    groups = decay_groups(parameters, weight_decay)
    return torch.optim.RMSprop(groups, lr=learning_rate, alpha=square_memory, momentum=momentum)

"""Adagrad (Duchi, Hazan and Singer 2011), torch's own."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from search.training.optimizers.registry import L2Decay, LearningRate, decay_groups, optimizers


@optimizers.register("adagrad")
def adagrad(
    parameters: Iterable[nn.Parameter],
    *,
    learning_rate: LearningRate = 1e-2,
    weight_decay: L2Decay = 0.0,
) -> torch.optim.Optimizer:
    """Build Adagrad; the defaults are torch's.

    Args:
        parameters: of a model, each once.
        learning_rate: peak step size; the sum of all squared gradients divides it, so it shrinks by itself, too.
        weight_decay: L2 coefficient, added to the gradient.

    Returns:
        The optimizer.
    """
    return torch.optim.Adagrad(decay_groups(parameters, weight_decay), lr=learning_rate)

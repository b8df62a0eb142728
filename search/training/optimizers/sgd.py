"""Stochastic gradient descent with momentum (Sutskever et al. 2013), torch's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import torch
from torch import nn

from search.plan.registry import Doc
from search.training.optimizers.registry import L2Decay, LearningRate, Momentum, decay_groups, optimizers


@optimizers.register("sgd")
def sgd(
    parameters: Iterable[nn.Parameter],
    *,
    learning_rate: LearningRate = 0.1,
    momentum: Momentum = 0.9,
    nesterov: Annotated[bool, Doc("look ahead by the momentum; plain momentum without")] = True,
    weight_decay: L2Decay = 5e-4,
) -> torch.optim.Optimizer:
    """Build SGD; the defaults are those of Wide ResNets on CIFAR (Zagoruyko and Komodakis 2016).

    Args:
        parameters: of a model, each once.
        learning_rate: peak step size.
        momentum: share of the last step that goes on into the next.
        nesterov: take the gradient at the point that momentum leads to; without momentum it means nothing.
        weight_decay: L2 coefficient, added to the gradient.

    Returns:
        The optimizer. Its update is fused into one kernel call per group, on the CPU as on CUDA.
    """
    return torch.optim.SGD(
        decay_groups(parameters, weight_decay),
        lr=learning_rate,
        momentum=momentum,
        nesterov=nesterov and momentum > 0,
        fused=True,
    )

"""The registry of optimizers, and the rule for what weight decay leaves alone.

An optimizer is a function ``build(parameters, *, learning_rate, …) -> torch.optim.Optimizer``; it must have
the setting ``learning_rate``, the peak that the schedule multiplies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any

import torch
from torch import nn

from search.plan.registry import Range, Registry

Build = Callable[..., torch.optim.Optimizer]

LearningRate = Annotated[float, Range(0, 100, "peak step size; the schedule multiplies it")]

optimizers: Registry[Build] = Registry("optimizer")


def decay_groups(parameters: Iterable[nn.Parameter], weight_decay: float) -> list[dict[str, Any]]:
    """Split parameters into those that decay and those that do not: biases and the scales of norms.

    The rule is "one dimension or none does not decay": shrinking a norm's scale or a bias regularises nothing
    (He et al. 2019, "Bag of Tricks", section 3.1; also nanoGPT and timm).

    Args:
        parameters: of a model, each once.
        weight_decay: the coefficient for weights of two dimensions and more.

    Returns:
        One or two parameter groups, none of them empty.
    """
    trained = [parameter for parameter in parameters if parameter.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]

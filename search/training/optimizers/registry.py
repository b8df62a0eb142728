"""The registry of optimizers, and the rule for what weight decay leaves alone.

An optimizer is a function ``build(parameters, *, learning_rate, …) -> torch.optim.Optimizer``; it must have
the setting ``learning_rate``, the peak that the schedule multiplies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any

import torch
from torch import nn

from search.plan.registry import Range, Registry

Build = Callable[..., torch.optim.Optimizer]

LearningRate = Annotated[float, Range(0, 100, "peak step size; the schedule multiplies it")]
Momentum = Annotated[float, Range(0, 0.9999, "share of the last step that goes on")]
MeanMemory = Annotated[float, Range(0, 0.9999, "memory of the gradient's mean")]
SquareMemory = Annotated[float, Range(0, 0.99999, "memory of the gradient's square")]
L2Decay = Annotated[float, Range(0, 1, "L2 coefficient, added to the gradient; not on biases, norms")]

optimizers: Registry[Build] = Registry("optimizer")


def decay_groups(parameters: Iterable[nn.Parameter], weight_decay: float) -> list[dict[str, Any]]:
    """Split parameters into those that decay and those that do not: biases and the scales of norms.

    Those of a pretrained network that learn more slowly by their depth (`lr_factor`), or only later (`joins`, which
    numbers those that join in together: torch's fused SGD refuses a group of which some have a momentum and some have
    none yet), are groups of their own, with ``lr_factor`` in it. The fastest come first: theirs is the rate that is
    told.

    The rule is "one dimension or none does not decay": shrinking a norm's scale or a bias regularises nothing
    (He et al. 2019, "Bag of Tricks", section 3.1; also nanoGPT and timm).

    Args:
        parameters: of a model, each once.
        weight_decay: the coefficient for weights of two dimensions and more.

    Returns:
        One or two parameter groups for each factor and number, none of them empty.
    """
    trained = [parameter for parameter in parameters if parameter.requires_grad]
    kinds = sorted({_kind(parameter) for parameter in trained}, reverse=True)
    return [group for kind in kinds for group in _groups_of(trained, weight_decay, kind)]


def _groups_of(
    trained: list[nn.Parameter], weight_decay: float, kind: tuple[float, int]
) -> Iterator[dict[str, Any]]:
    same = [parameter for parameter in trained if _kind(parameter) == kind]
    slower = {} if kind[0] == 1.0 else {"lr_factor": kind[0]}
    for decay, members in (
        (weight_decay, [p for p in same if p.ndim > 1]),
        (0.0, [p for p in same if p.ndim <= 1]),
    ):
        if members:
            yield {"params": members, "weight_decay": decay, **slower}


def _kind(parameter: nn.Parameter) -> tuple[float, int]:
    return float(getattr(parameter, "lr_factor", 1.0)), int(getattr(parameter, "joins", 0))

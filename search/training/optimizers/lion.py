"""Lion (Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", algorithm 2); torch has none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import torch
from torch import nn

from search.plan.registry import Range
from search.training.optimizers.registry import LearningRate, MeanMemory, decay_groups, optimizers


@optimizers.register("lion")
def lion(
    parameters: Iterable[nn.Parameter],
    *,
    learning_rate: LearningRate = 1e-4,
    beta1: MeanMemory = 0.9,
    beta2: Annotated[float, Range(0, 0.99999, "memory of what is remembered")] = 0.99,
    weight_decay: Annotated[
        float, Range(0, 10, "decay per step and learning rate; not on biases, norms")
    ] = 0.0,
) -> torch.optim.Optimizer:
    """Build Lion; the defaults are those of its authors' code.

    Args:
        parameters: of a model, each once.
        learning_rate: peak step size, by which every weight moves at each step; the authors advise 3 to 10 times less
            than AdamW's, and so many times its weight decay.
        beta1: share of the running mean in the direction of a step.
        beta2: memory of the running mean itself.
        weight_decay: share of each weight, times the learning rate, taken off at each step.

    Returns:
        The optimizer.
    """
    return Lion(decay_groups(parameters, weight_decay), lr=learning_rate, betas=(beta1, beta2))


class Lion(torch.optim.Optimizer):
    """Moves each weight by the learning rate, in the direction of the sign of a mean of gradients.

    Args:
        groups: of parameters, each with its ``weight_decay``.
        lr: the learning rate.
        betas: see `lion`.
    """

    def __init__(self, groups: Iterable[dict[str, Any]], *, lr: float, betas: tuple[float, float]) -> None:
        super().__init__(groups, {"lr": lr, "betas": betas, "weight_decay": 0.0})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Take a step; parameters without a gradient stay where they are."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._move(parameter, parameter.grad, group)

    def _move(self, parameter: nn.Parameter, gradient: torch.Tensor, group: dict[str, Any]) -> None:
        state = self.state[parameter]
        if not state:
            state["mean"] = torch.zeros_like(parameter)
        beta1, beta2 = group["betas"]
        direction = state["mean"].lerp(gradient, 1 - beta1).sign_()
        parameter.mul_(1 - group["lr"] * group["weight_decay"]).add_(direction, alpha=-group["lr"])
        state["mean"].lerp_(gradient, 1 - beta2)

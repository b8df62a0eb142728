"""Muon as the CIFAR-10 speed record has it (Jordan et al. 2024, kellerjordan.github.io/posts/muon).

github.com/KellerJordan/cifar10-airbench, airbench94_muon.py, MIT licence, Copyright (c) 2024 Keller Jordan.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""Coefficients of the iteration that makes a matrix nearly orthogonal."""


class NormedMuon(torch.optim.Optimizer):
    """Muon on convolutions whose norm is set to the root of their number of filters before each step.

    torch's own Muon takes matrices, decays weights instead of norming them, and has another scale.

    Args:
        filters: convolutions' weights.
        rate: length of a step.
        momentum: Nesterov's.
        orthogonal: from a matrix to the nearest one that is orthogonal.
    """

    def __init__(
        self,
        filters: list[nn.Parameter],
        *,
        rate: float = 0.24,
        momentum: float = 0.6,
        orthogonal: Callable[[Tensor], Tensor],
    ) -> None:
        super().__init__(filters, {"lr": rate, "momentum": momentum})
        self._orthogonal = orthogonal

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Take a step."""
        for group in self.param_groups:
            for weight in group["params"]:
                state = self.state[weight]
                if not state:
                    state["mean"] = torch.zeros_like(weight.grad)
                mean = state["mean"]
                mean.mul_(group["momentum"]).add_(weight.grad)
                ahead = weight.grad.add(mean, alpha=group["momentum"])
                weight.mul_(len(weight) ** 0.5 / weight.norm())
                weight.sub_(self._orthogonal(ahead.flatten(1)).view_as(weight), alpha=group["lr"])


def orthogonal(matrix: Tensor, *, iterations: int = 3) -> Tensor:
    """Return a matrix with the same singular vectors and singular values near 1, by Newton and Schulz's iteration."""
    first, third, fifth = NEWTON_SCHULZ
    wide = matrix.to(torch.bfloat16)
    wide = wide.T if wide.shape[0] > wide.shape[1] else wide
    wide = wide / (wide.norm() + 1e-7)
    for _ in range(iterations):
        square = wide @ wide.T
        wide = first * wide + (third * square + fifth * square @ square) @ wide
    return (wide.T if matrix.shape[0] > matrix.shape[1] else wide).to(matrix.dtype)

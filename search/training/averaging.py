"""The exponential moving average of a model's weights (Polyak and Juditsky 1992; Tarvainen and Valpola 2017)."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn


class Average:
    """A copy of a model whose weights follow it slowly; batch norm's running means too.

    The memory is min(decay, (1 + n) / (10 + n)) at the n-th step, as in TensorFlow's ExponentialMovingAverage, so that
    a short training does not end near its beginning. torch's `AveragedModel` would do the same sums, but it looks at
    its count of steps at each one, and so waits for the GPU.

    Args:
        model: whose weights are averaged; the copy begins with them.
        decay: memory, above 0 and below 1; the average is over about 1 / (1 - decay) steps.
    """

    def __init__(self, model: nn.Module, *, decay: float) -> None:
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self._decay, self._steps = decay, 0

    def update(self, model: nn.Module) -> None:
        """Follow the model after a step."""
        self._steps += 1
        memory = min(self._decay, (1 + self._steps) / (10 + self._steps))
        mine, theirs = _tensors(self.model), _tensors(model)
        floating = [tensor.is_floating_point() for tensor in mine]
        with torch.no_grad():
            torch._foreach_lerp_(_where(floating, mine), _where(floating, theirs), 1 - memory)
            for own, new, averaged in zip(mine, theirs, floating, strict=True):
                if not averaged:  # batch norm's count of batches
                    own.copy_(new)

    def state(self) -> dict[str, Any]:
        """Return how many steps it has followed; the weights are the copy's own state."""
        return {"steps": self._steps}

    def restore(self, state: dict[str, Any], weights: dict[str, Tensor]) -> None:
        """Go on where `state` was taken, with these weights."""
        self._steps = int(state["steps"])
        self.model.load_state_dict(weights)


def _tensors(model: nn.Module) -> list[Tensor]:
    return [*(parameter.detach() for parameter in model.parameters()), *model.buffers()]


def _where(chosen: list[bool], tensors: list[Tensor]) -> list[Tensor]:
    return [tensor for tensor, wanted in zip(tensors, chosen, strict=True) if wanted]

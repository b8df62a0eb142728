"""The two optimizers of the CIFAR-10 speed record and their rates.

github.com/KellerJordan/cifar10-airbench, airbench94_muon.py, MIT licence, Copyright (c) 2024 Keller Jordan.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks.speed_record.muon import NormedMuon
from benchmarks.speed_record.network import Network

BIAS_RATE, HEAD_RATE = 0.053, 0.67
DECAY = 2e-6
"""Of a weight per image of a step."""


class Schedule:
    """Both optimizers, and their rates: down to 0 on a line, that of the first layer's bias sooner, which then stays.

    Args:
        network: on its device.
        orthogonal: see `NormedMuon`.
        steps: of the training.
        first: steps in which the first layer's bias learns.
        batch: images of a step.
    """

    def __init__(
        self,
        network: Network,
        orthogonal: Callable[[Tensor], Tensor],
        steps: int,
        first: int,
        batch: int,
    ) -> None:
        learned = [weight for weight in network.parameters() if weight.requires_grad]
        biases = [w for w in learned if w.ndim == 1 and w is not network.bias]
        rated = [([network.bias], BIAS_RATE), (biases, BIAS_RATE), ([network.head.weight], HEAD_RATE)]
        groups = [{"params": w, "lr": rate, "weight_decay": DECAY * batch / rate} for w, rate in rated]
        plain = torch.optim.SGD(groups, momentum=0.85, nesterov=True, fused=True)
        muon = NormedMuon([weight for weight in learned if weight.ndim == 4], orthogonal=orthogonal)
        self._network, self._optimizers = network, (plain, muon)
        self._groups = [(group, group["lr"]) for each in self._optimizers for group in each.param_groups]
        self._done, self._steps, self._first = 0, steps, first

    def step(self) -> None:
        """Take a step and forget the gradients."""
        for number, (group, rate) in enumerate(self._groups):
            steps = self._steps if number else self._first
            group["lr"] = rate * max(0.0, 1 - self._done / max(1, steps))
        for optimizer in self._optimizers:
            optimizer.step()
        self._network.zero_grad()
        self._done += 1
        if self._done == self._first:
            self._network.bias.requires_grad_(False)

"""Initial weights other than an architecture's own; the schemes are torch's."""

from __future__ import annotations

from typing import Literal

from torch import nn
from torch.nn.modules.conv import _ConvNd

Scheme = Literal["default", "kaiming", "xavier", "orthogonal"]


def initialize(model: nn.Module, scheme: Scheme) -> None:
    """Draw the weights of all convolutions and dense layers anew, from torch's global generator; biases become 0.

    Args:
        model: just built; norms and what else there is keep what they have.
        scheme: ``default`` leaves all as the architecture has it. ``kaiming``: normal by fan-in, for ReLU (He et al.
            2015). ``xavier``: uniform (Glorot and Bengio 2010). ``orthogonal``: (Saxe et al. 2014).
    """
    if scheme == "default":
        return
    for module in model.modules():
        if isinstance(module, nn.Linear | _ConvNd):
            _draw(module, scheme)


def _draw(module: nn.Linear | _ConvNd, scheme: Scheme) -> None:
    if scheme == "kaiming":
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    elif scheme == "xavier":
        nn.init.xavier_uniform_(module.weight)
    else:
        nn.init.orthogonal_(module.weight)
    if module.bias is not None:
        nn.init.zeros_(module.bias)

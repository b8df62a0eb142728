"""Non-linearities by name, for the architectures that let a search choose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from torch import nn

from search.plan.registry import Doc

Activation = Annotated[
    Literal["relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid"],
    Doc("what stands behind each hidden layer"),
]

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": lambda: nn.ReLU(inplace=True),
    "leaky_relu": lambda: nn.LeakyReLU(0.01, inplace=True),
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}


def replace_relu(model: nn.Module, activation: Activation) -> None:
    """Put another non-linearity in the place of every ReLU.

    Args:
        model: is changed in place.
        activation: of `ACTIVATIONS`.
    """
    if activation == "relu":
        return
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.ReLU):
            model.set_submodule(name, ACTIVATIONS[activation]())

"""The head of a network, found by what it is: whatever changes its shape with the number of classes."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

FEWEST = 2
"""Classes of the smaller of the two networks that are compared."""


def head_names(build: Callable[[int], nn.Module]) -> frozenset[str]:
    """Return the names in the state of a network that belong to its head.

    The network is built twice on the meta device, where it costs neither memory nor arithmetic.

    Args:
        build: makes it for a number of classes.
    """
    with torch.device("meta"):
        small, large = (build(FEWEST + more).state_dict() for more in (0, 1))
    return frozenset(name for name in small if small[name].shape != large[name].shape)

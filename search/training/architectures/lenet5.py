"""LeNet-5 (LeCun et al. 1998, "Gradient-based learning applied to document recognition", figure 2)."""

from __future__ import annotations

from typing import Annotated

from torch import nn

from search.plan.registry import Range
from search.training.architectures.activations import ACTIVATIONS, Activation
from search.training.architectures.registry import architectures, check_shape

FINAL_SIDE = 5  # the map that C5 sees on a 32×32 image


@architectures.register("lenet5")
def lenet5(
    shape: tuple[int, int, int],
    classes: int,
    *,
    activation: Activation = "tanh",
    dropout: Annotated[float, Range(0, 0.95, "share of units dropped before the last layer")] = 0.0,
) -> nn.Module:
    """Build LeNet-5: two 5×5 convolutions, two dense layers, tanh or another non-linearity.

    On one channel of 32×32 pixels and 10 classes it has the 61,706 parameters of the usual modern form (a
    full connection between S2 and C3, a linear output in place of the radial basis functions, plain average
    pooling without trained coefficients). Other sizes are padded by 2 where below 32 pixels, as LeCun did
    with MNIST's 28, and pooled to the 5×5 map that the dense layers expect.

    Args:
        shape: (channels, height, width) of an image.
        classes: the number of logits.
        activation: the non-linearity behind each layer but the last.
        dropout: share of units dropped before the last layer; the original has none.

    Returns:
        A module from (N, C, H, W) to logits (N, classes).

    Raises:
        SettingsError: images that it cannot take.
    """
    check_shape("lenet5", shape)
    channels, height, width = shape
    padding = 2 if min(height, width) < 32 else 0
    return nn.Sequential(
        nn.Conv2d(channels, 6, 5, padding=padding),  # (N, 6, 28, 28) at 32 pixels
        ACTIVATIONS[activation](),
        nn.AvgPool2d(2),  # (N, 6, 14, 14)
        nn.Conv2d(6, 16, 5, padding=0 if min(height, width) >= 28 else 2),  # (N, 16, 10, 10)
        ACTIVATIONS[activation](),
        nn.AdaptiveAvgPool2d(FINAL_SIDE),  # (N, 16, 5, 5)
        nn.Flatten(),
        nn.Linear(16 * FINAL_SIDE**2, 120),
        ACTIVATIONS[activation](),
        nn.Linear(120, 84),
        ACTIVATIONS[activation](),
        nn.Dropout(dropout),
        nn.Linear(84, classes),
    )

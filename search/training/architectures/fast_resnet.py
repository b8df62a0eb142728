"""A residual network that learns CIFAR-10 within seconds: Page's ResNet-9 (2018, "How to train your ResNet").

It held the record of DAWNBench for a single GPU, and its plan (wide, shallow, pooling early, logits scaled down)
is that of the records since: Jordan 2024, "94% on CIFAR-10 in 3.29 seconds on a single GPU" (airbench).
"""

from __future__ import annotations

from typing import Annotated

from torch import Tensor, nn

from search.plan.registry import Range
from search.training.architectures.activations import ACTIVATIONS, Activation
from search.training.architectures.head import Dropout
from search.training.architectures.registry import architectures, check_shape


@architectures.register("fast_resnet")
def fast_resnet(
    shape: tuple[int, int, int],
    classes: int,
    *,
    width: Annotated[int, Range(1, 1024, "channels of the first block; doubled in each next one")] = 64,
    activation: Activation = "relu",
    logit_scale: Annotated[float, Range(0.001, 10, "factor of the logits")] = 0.125,
    dropout: Dropout = 0.0,
) -> nn.Module:
    """Build ResNet-9: a first convolution, three that halve the resolution, residual blocks behind two of them.

    Args:
        shape: (channels, height, width) of an image.
        classes: the number of logits.
        width: channels of the first convolution; 2, 4 and 8 times as many follow. 64 is Page's.
        activation: the non-linearity behind each norm; ReLU is Page's, GELU Jordan's.
        logit_scale: factor of the logits; 0.125 is Page's.
        dropout: share of features dropped before the last layer; the original has none.

    Returns:
        A module from (N, C, H, W) to logits (N, classes).

    Raises:
        SettingsError: images that it cannot take.
    """
    check_shape("fast_resnet", shape)
    return nn.Sequential(
        _convolution(shape[0], width, activation),
        _halving(width, 2 * width, activation),
        Residual(2 * width, activation),
        _halving(2 * width, 4 * width, activation),
        _halving(4 * width, 8 * width, activation),
        Residual(8 * width, activation),
        # 4×4 on CIFAR-10. An adaptive pooling is no core ATen operator, and ExecuTorch takes no other.
        nn.MaxPool2d((shape[1] // 8, shape[2] // 8)),
        nn.Flatten(),
        nn.Dropout(dropout),
        nn.Linear(8 * width, classes, bias=False),
        Scale(logit_scale),
    )


def _convolution(channels: int, out: int, activation: Activation) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), ACTIVATIONS[activation]()
    )


def _halving(channels: int, out: int, activation: Activation) -> nn.Sequential:
    return nn.Sequential(*_convolution(channels, out, activation), nn.MaxPool2d(2))


class Residual(nn.Module):
    """Two convolutions beside the identity.

    Args:
        channels: of input and output.
        activation: behind both.
    """

    def __init__(self, channels: int, activation: Activation) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            *_convolution(channels, channels, activation), *_convolution(channels, channels, activation)
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps (N, C, H, W) of such."""
        branch: Tensor = self.branch(maps)
        return maps + branch


class Scale(nn.Module):
    """A constant factor.

    Args:
        factor: what its inputs are multiplied by.
    """

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the product."""
        return inputs * self.factor

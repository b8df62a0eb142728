"""A configurable convolutional network: blocks of convolution, norm, activation, pooling; a dense head.

The plan is VGG's (Simonyan and Zisserman 2015): the width doubles where the resolution halves; batch norm
after each convolution (Ioffe and Szegedy 2015), dropout behind each block and before the last layer
(Srivastava et al. 2014), and global average pooling in place of the first dense layer's flattening (Lin et
al. 2014).
"""

from __future__ import annotations

from typing import Annotated

from torch import nn

from search.plan.registry import Doc, Range
from search.training.architectures.activations import ACTIVATIONS, Activation
from search.training.architectures.registry import architectures, check_shape


@architectures.register("cnn")
def cnn(
    shape: tuple[int, int, int],
    classes: int,
    *,
    layers: Annotated[int, Range(1, 8, "blocks; each halves the resolution down to 2 pixels")] = 3,
    width: Annotated[int, Range(1, 1024, "channels of the first block; doubled in each next one")] = 32,
    kernel_size: Annotated[
        int, Range(1, 11, "side of the convolutions in pixels; padded to keep the size")
    ] = 3,
    dense_units: Annotated[int, Range(0, 8192, "width of the hidden dense layer; 0: none")] = 128,
    activation: Activation = "relu",
    batch_norm: Annotated[bool, Doc("batch normalisation behind each convolution")] = True,
    block_dropout: Annotated[float, Range(0, 0.95, "share of channels dropped behind each block")] = 0.0,
    dropout: Annotated[float, Range(0, 0.95, "share of units dropped before the last layer")] = 0.5,
) -> nn.Module:
    """Build a plain convolutional network of any depth and width.

    Args:
        shape: (channels, height, width) of an image.
        classes: the number of logits.
        layers: blocks of convolution, norm, activation and 2×2 max pooling; a block no longer pools where the
            shorter side is below 4 pixels.
        width: channels of the first block; each next one has twice as many, 1024 at most.
        kernel_size: side of each convolution in pixels. An even one makes the map a pixel larger.
        dense_units: width of the hidden dense layer behind the global average; 0 leaves it out.
        activation: the non-linearity behind each block and the hidden dense layer.
        batch_norm: normalise behind each convolution; the convolution then has no bias.
        block_dropout: share of whole channels dropped behind each block (spatial dropout, Tompson et al.
            2015).
        dropout: share of units dropped before the last layer; 0.5 is Srivastava et al.'s.

    Returns:
        A module from (N, C, H, W) to logits (N, classes).

    Raises:
        SettingsError: images that it cannot take.
    """
    check_shape("cnn", shape)
    channels, side = shape[0], min(shape[1:])
    modules: list[nn.Module] = []
    for index in range(layers):
        out = min(width * 2**index, max(1024, width))
        block = _block(
            channels,
            out,
            kernel=kernel_size,
            activation=activation,
            norm=batch_norm,
            pool=side >= 4,
            dropout=block_dropout,
        )
        modules.append(block)
        channels, side = out, side // 2 if side >= 4 else side
    head = _head(channels, classes, dense_units, activation, dropout)
    return nn.Sequential(*modules, nn.AdaptiveAvgPool2d(1), nn.Flatten(), *head)


def _block(
    channels: int, out: int, *, kernel: int, activation: str, norm: bool, pool: bool, dropout: float
) -> nn.Sequential:
    modules: list[nn.Module] = [nn.Conv2d(channels, out, kernel, padding=kernel // 2, bias=not norm)]
    if norm:
        modules.append(nn.BatchNorm2d(out))
    modules.append(ACTIVATIONS[activation]())
    if pool:
        modules.append(nn.MaxPool2d(2))
    if dropout > 0:
        modules.append(nn.Dropout2d(dropout))
    return nn.Sequential(*modules)


def _head(channels: int, classes: int, units: int, activation: str, dropout: float) -> list[nn.Module]:
    hidden = [nn.Linear(channels, units), ACTIVATIONS[activation]()] if units else []
    return [*hidden, nn.Dropout(dropout), nn.Linear(units or channels, classes)]

"""What an architecture for 224 pixels does first, and what it does instead where the images are small or grey.

The form for small images is that of He et al. 2016's CIFAR networks and of every CIFAR recipe since: the first
layers keep the resolution, so that the first stage sees all of it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from torch import nn

from search.plan.registry import Doc
from search.training.architectures.registry import SMALLEST, check_shape

Stem = Annotated[
    Literal["auto", "small", "imagenet"],
    Doc("first layers for small images, or as published; auto: small below 96 pixels"),
]

SMALL_IMAGE = 96
"""`stem: auto` takes the small stem below this side in pixels: with the other, 64 pixels end as a 2×2 map."""

KEPT = 2
"""Halvings that the small form of MobileNet and EfficientNet leaves out: 32 pixels then end as a 4×4 map, not as one
pixel."""


def takes_small_stem(
    name: str, shape: tuple[int, int, int], stem: Stem, *, published: int = SMALLEST
) -> bool:
    """Decide which stem an architecture gets, and refuse images that it cannot take.

    Args:
        name: the architecture, for the message.
        shape: (channels, height, width) in pixels.
        stem: ``auto`` takes the small one below 96 pixels.
        published: the least side in pixels that the published form takes.

    Returns:
        Whether it is the small one.

    Raises:
        SettingsError: images that it cannot take.
    """
    small = stem == "small" or (stem == "auto" and min(shape[1:]) < SMALL_IMAGE)
    check_shape(name, shape, SMALLEST if small else published)
    return small


def fit_first_convolution(
    model: nn.Module,
    channels: int,
    *,
    kernel_size: int | None = None,
    stride: int = 1,
    padding: int | None = None,
) -> None:
    """Replace the first convolution where the images have other channels or need another kernel.

    The new one starts as He et al. 2015 say, by its outgoing connections.

    Args:
        model: is changed in place; its first kernel is square.
        channels: of the images.
        kernel_size: side in pixels; None: kernel, stride and padding stay.
        stride: beside another kernel.
        padding: likewise, in pixels; None: half of the kernel, so as to keep the size.
    """
    name, old = next((name, m) for name, m in model.named_modules() if isinstance(m, nn.Conv2d))
    if kernel_size is None and channels == old.in_channels:
        return
    size, steps, around = old.kernel_size[0], old.stride[0], old.padding[0]
    if kernel_size is not None:
        size, steps = kernel_size, stride
        around = kernel_size // 2 if padding is None else padding
    new = nn.Conv2d(channels, old.out_channels, size, steps, around, bias=old.bias is not None)
    nn.init.kaiming_normal_(new.weight, mode="fan_out", nonlinearity="relu")
    model.set_submodule(name, new)


def keep_resolution(model: nn.Module, times: int) -> None:
    """Take back the first halvings of the resolution; no weight changes its shape or name.

    Args:
        model: is changed in place; its convolutions are defined in the order in which they run.
        times: how many convolutions of stride 2 get stride 1.
    """
    halving = [m for m in model.modules() if isinstance(m, nn.Conv2d) and m.stride == (2, 2)]
    for convolution in halving[:times]:
        convolution.stride = (1, 1)

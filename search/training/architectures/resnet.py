"""The ResNet family (He et al. 2016), torchvision's own model classes with a stem for small images.

The stem for small images is that of He et al.'s CIFAR networks and of every ResNet-18 recipe for 32×32 pixels
since: a 3×3 convolution of stride 1 and no max pooling, so that the first stage sees the full resolution.
"""

from __future__ import annotations

from typing import Annotated, Literal

from torch import nn

from search.plan.registry import Range
from search.training.architectures.registry import architectures, check_shape

Stem = Literal["auto", "small", "imagenet"]

DEPTHS: dict[int, tuple[str, tuple[int, int, int, int]]] = {
    18: ("BasicBlock", (2, 2, 2, 2)),
    34: ("BasicBlock", (3, 4, 6, 3)),
    50: ("Bottleneck", (3, 4, 6, 3)),
    101: ("Bottleneck", (3, 4, 23, 3)),
    152: ("Bottleneck", (3, 8, 36, 3)),
}

SMALL_IMAGE = 96
"""`stem: auto` takes the small stem below this side in pixels: with the other, 64 pixels end as a 2×2 map."""


def _register(depth: int) -> None:
    """Register ``resnet<depth>``."""

    def build(
        shape: tuple[int, int, int],
        classes: int,
        *,
        stem: Stem = "auto",
        dropout: Annotated[float, Range(0, 0.95, "share of features dropped before the last layer")] = 0.0,
        zero_init_residual: bool = False,
    ) -> nn.Module:
        return resnet(
            depth, shape, classes, stem=stem, dropout=dropout, zero_init_residual=zero_init_residual
        )

    build.__doc__ = f"Build ResNet-{depth} (He et al. 2016), with a 3×3 stem for small images and dropout."
    architectures.register(f"resnet{depth}")(build)


for _depth in DEPTHS:
    _register(_depth)


def resnet(
    depth: int,
    shape: tuple[int, int, int],
    classes: int,
    *,
    stem: Stem = "auto",
    dropout: float = 0.0,
    zero_init_residual: bool = False,
) -> nn.Module:
    """Build a ResNet of a published depth.

    Args:
        depth: 18, 34, 50, 101 or 152.
        shape: (channels, height, width) of an image.
        classes: the number of logits.
        stem: ``imagenet`` is 7×7 with stride 2 and max pooling, ``small`` 3×3 with stride 1 and none;
            ``auto`` takes the small one below 96 pixels.
        dropout: share of features dropped between the global average and the last layer; the paper has none.
        zero_init_residual: begin with every residual branch at zero (Goyal et al. 2017, section 5.1).

    Returns:
        A module from (N, C, H, W) to logits (N, classes).

    Raises:
        SettingsError: images that it cannot take.
    """
    # Late, because torchvision takes 4 s to import here (3.6 of them torch._dynamo) and only ResNets need it.
    from torchvision.models import resnet as published  # type: ignore[import-untyped]  # noqa: PLC0415

    check_shape(f"resnet{depth}", shape)
    name, layers = DEPTHS[depth]
    block = getattr(published, name)
    model: nn.Module = published.ResNet(
        block, list(layers), num_classes=classes, zero_init_residual=zero_init_residual
    )
    _fit_stem(model, shape, stem)
    head: nn.Module = model.get_submodule("fc")
    model.fc = nn.Sequential(nn.Dropout(dropout), head)
    return model


def _fit_stem(model: nn.Module, shape: tuple[int, int, int], stem: Stem) -> None:
    """Replace the first layers where the images are small or grey."""
    small = stem == "small" or (stem == "auto" and min(shape[1:]) < SMALL_IMAGE)
    if not small and shape[0] == 3:
        return
    size, stride, padding = (3, 1, 1) if small else (7, 2, 3)
    model.conv1 = nn.Conv2d(shape[0], 64, size, stride, padding, bias=False)
    nn.init.kaiming_normal_(model.conv1.weight, mode="fan_out", nonlinearity="relu")
    if small:
        model.maxpool = nn.Identity()

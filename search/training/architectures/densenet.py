"""DenseNet 121 to 201 (Huang et al. 2017), torchvision's own model class with a stem for small images."""

from __future__ import annotations

from typing import Annotated

from torch import nn

from search.plan.registry import Range
from search.training.architectures.head import Dropout, drop_before
from search.training.architectures.registry import architectures
from search.training.architectures.stem import Stem, fit_first_convolution, takes_small_stem

PLANS: dict[int, tuple[int, tuple[int, int, int, int]]] = {
    121: (32, (6, 12, 24, 16)),
    161: (48, (6, 12, 36, 24)),
    169: (32, (6, 12, 32, 32)),
    201: (32, (6, 12, 48, 32)),
}
"""Depth: growth rate, layers of each block (table 1)."""


def _register(depth: int) -> None:
    """Register ``densenet<depth>``."""
    growth, _ = PLANS[depth]

    def build(
        shape: tuple[int, int, int],
        classes: int,
        *,
        stem: Stem = "auto",
        growth_rate: Annotated[int, Range(4, 96, "maps that each dense layer adds")] = growth,
        layer_dropout: Annotated[
            float, Range(0, 0.95, "share of activations dropped behind each dense layer")
        ] = 0.0,
        dropout: Dropout = 0.0,
    ) -> nn.Module:
        return densenet(
            depth,
            shape,
            classes,
            stem=stem,
            growth_rate=growth_rate,
            layer_dropout=layer_dropout,
            dropout=dropout,
        )

    build.__doc__ = (
        f"Build DenseNet-{depth} (Huang et al. 2017), with a 3×3 stem for small images and dropout."
    )
    architectures.register(f"densenet{depth}", weights=f"DenseNet{depth}_Weights")(build)


for _depth in PLANS:
    _register(_depth)


def densenet(
    depth: int,
    shape: tuple[int, int, int],
    classes: int,
    *,
    growth_rate: int,
    stem: Stem = "auto",
    layer_dropout: float = 0.0,
    dropout: float = 0.0,
) -> nn.Module:
    """Build a DenseNet of a published depth.

    Args:
        depth: 121, 161, 169 or 201.
        shape: (channels, height, width) of an image.
        classes: the number of logits.
        growth_rate: maps that each dense layer adds (k in the paper); the stem has twice as many.
        stem: ``imagenet`` is 7×7 with stride 2 and max pooling, sides of 29 pixels and more; ``small`` is 3×3
            with stride 1 and none, as in the paper's CIFAR networks; ``auto`` takes the small one below 96.
        layer_dropout: share of activations dropped behind each dense layer; the paper's 0.2 where there is no
            augmentation.
        dropout: share of features dropped before the last layer; the paper has none.

    Returns:
        A module from (N, C, H, W) to logits (N, classes).

    Raises:
        SettingsError: images that it cannot take.
    """
    # Late, because torchvision takes 4 s to import here.
    from torchvision.models import DenseNet  # type: ignore[import-untyped]  # noqa: PLC0415

    small = takes_small_stem(f"densenet{depth}", shape, stem, published=29)
    model: nn.Module = DenseNet(
        growth_rate, PLANS[depth][1], 2 * growth_rate, drop_rate=layer_dropout, num_classes=classes
    )
    fit_first_convolution(model, shape[0], kernel_size=3 if small else None)
    if small:
        model.set_submodule("features.pool0", nn.Identity())
    drop_before(model, "classifier", dropout)
    return model

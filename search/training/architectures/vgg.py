"""VGG 11 to 19, with and without batch norm (Simonyan and Zisserman 2015), torchvision's own convolutions.

The form for small images is Liu and Deng 2015's, "Very deep convolutional neural network based image
classification using small training sample size": the dense layers see one pixel, not 7×7.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Annotated

from torch import nn

from search.plan.registry import Range
from search.training.architectures.activations import Activation, replace_relu
from search.training.architectures.registry import architectures
from search.training.architectures.stem import Stem, fit_first_convolution, takes_small_stem

PLANS = {11: "A", 13: "B", 16: "D", 19: "E"}
"""Depth, and the paper's letter for it (table 1)."""


def _register(depth: int, *, batch_norm: bool) -> None:
    """Register ``vgg<depth>`` or ``vgg<depth>_bn``."""
    name = f"vgg{depth}_bn" if batch_norm else f"vgg{depth}"

    def build(
        shape: tuple[int, int, int],
        classes: int,
        *,
        stem: Stem = "auto",
        activation: Activation = "relu",
        dense_units: Annotated[int, Range(1, 8192, "width of the two hidden dense layers")] = 4096,
        dropout: Annotated[
            float, Range(0, 0.95, "share of units dropped behind each hidden dense layer")
        ] = 0.5,
    ) -> nn.Module:
        small = takes_small_stem(name, shape, stem, published=32)
        return vgg(
            depth,
            shape,
            classes,
            batch_norm=batch_norm,
            small=small,
            activation=activation,
            dense_units=dense_units,
            dropout=dropout,
        )

    norm = " with batch norm" if batch_norm else ""
    build.__doc__ = (
        f"Build VGG-{depth}{norm} (Simonyan and Zisserman 2015), with a form for small images and dropout."
    )
    architectures.register(name, weights=f"VGG{depth}{'_BN' if batch_norm else ''}_Weights")(build)


for _depth in PLANS:
    for _batch_norm in (False, True):
        _register(_depth, batch_norm=_batch_norm)


def vgg(
    depth: int,
    shape: tuple[int, int, int],
    classes: int,
    *,
    batch_norm: bool,
    small: bool,
    activation: Activation = "relu",
    dense_units: int = 4096,
    dropout: float = 0.5,
) -> nn.Module:
    """Build a VGG of a published depth.

    Torchvision's class holds dense layers of 7×7 pixels, 103 million weights of 16.8 million for small images;
    so its convolutions are taken and the rest is put behind them under its names.

    Args:
        depth: 11, 13, 16 or 19.
        shape: (channels, height, width) of an image.
        classes: the number of logits.
        batch_norm: normalise behind each convolution; without, depths from 16 are hard to begin with.
        small: pool with the rest of an odd side, and average to one pixel before the dense layers, not to 7×7.
        activation: the non-linearity behind each layer but the last.
        dense_units: width of the two hidden dense layers; 512 is Liu and Deng's for small images.
        dropout: share of units dropped behind each hidden dense layer.

    Returns:
        A module from (N, C, H, W) to logits (N, classes).
    """
    # Late, because torchvision takes 4 s to import here.
    from torchvision.models.vgg import cfgs, make_layers  # type: ignore[import-untyped]  # noqa: PLC0415

    features: nn.Module = make_layers(cfgs[PLANS[depth]], batch_norm=batch_norm)
    _draw_weights(features)
    fit_first_convolution(features, shape[0])
    side = 1 if small else 7
    parts: dict[str, nn.Module] = OrderedDict(
        features=features,
        avgpool=nn.AdaptiveAvgPool2d(side),
        flatten=nn.Flatten(),
        classifier=_dense(512 * side**2, dense_units, classes, dropout),
    )
    model = nn.Sequential(OrderedDict(parts))
    if small:
        _pool_odd_sides(model)
    replace_relu(model, activation)
    return model


def _dense(features: int, units: int, classes: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(features, units),
        nn.ReLU(inplace=True),
        nn.Dropout(dropout),
        nn.Linear(units, units),
        nn.ReLU(inplace=True),
        nn.Dropout(dropout),
        nn.Linear(units, classes),
    )


def _draw_weights(features: nn.Module) -> None:
    """Draw the convolutions as torchvision does (He et al. 2015)."""
    for module in features.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def _pool_odd_sides(model: nn.Module) -> None:
    """Let no pooling end at nothing: five of them make 1 pixel of anything up to 32."""
    for module in model.modules():
        if isinstance(module, nn.MaxPool2d):
            module.ceil_mode = True

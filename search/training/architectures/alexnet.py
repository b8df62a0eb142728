"""AlexNet (Krizhevsky et al. 2012, as Krizhevsky 2014, "One weird trick", has it), torchvision's own model class."""

from __future__ import annotations

from typing import Annotated

from torch import nn

from search.plan.registry import Range
from search.training.architectures.activations import Activation, replace_relu
from search.training.architectures.published import published
from search.training.architectures.registry import architectures
from search.training.architectures.stem import Stem, fit_first_convolution, takes_small_stem

DENSE_UNITS = 4096
SMALL_MAP = 2  # pixels: the side of the map that the dense layers see; 32 pixels end as 4×4


@architectures.register("alexnet", weights="AlexNet_Weights")
def alexnet(
    shape: tuple[int, int, int],
    classes: int,
    *,
    stem: Stem = "auto",
    activation: Activation = "relu",
    dense_units: Annotated[int, Range(1, 8192, "width of the two hidden dense layers")] = DENSE_UNITS,
    dropout: Annotated[float, Range(0, 0.95, "share of units dropped before each hidden dense layer")] = 0.5,
) -> nn.Module:
    """Build AlexNet: five convolutions, three dense layers.

    Args:
        shape: (channels, height, width) of an image.
        classes: the number of logits.
        stem: ``imagenet`` is the published form: 11×11 with stride 4, a 6×6 map before the dense layers, sides
            of 63 pixels and more. ``small`` begins with 3×3 of stride 1, pads its poolings and ends with a
            2×2 map. ``auto`` takes the small one below 96 pixels.
        activation: the non-linearity behind each layer but the last.
        dense_units: width of the two hidden dense layers; 4096 is published, 512 is plenty for small images.
        dropout: share of units dropped before each hidden dense layer.

    Returns:
        A module from (N, C, H, W) to logits (N, classes).

    Raises:
        SettingsError: images that it cannot take.
    """
    small = takes_small_stem("alexnet", shape, stem, published=63)
    model = published("alexnet", classes, dropout=dropout)
    fit_first_convolution(model, shape[0], kernel_size=3 if small else None)
    if small:
        _fit_small_images(model)
    if small or dense_units != DENSE_UNITS:
        _fit_dense_layers(model, (SMALL_MAP if small else 6) ** 2 * 256, dense_units, classes)
    replace_relu(model, activation)
    return model


def _fit_small_images(model: nn.Module) -> None:
    for module in model.modules():
        if isinstance(module, nn.MaxPool2d):
            module.padding = 1
    model.avgpool = nn.AdaptiveAvgPool2d(SMALL_MAP)


def _fit_dense_layers(model: nn.Module, features: int, units: int, classes: int) -> None:
    model.set_submodule("classifier.1", nn.Linear(features, units))
    model.set_submodule("classifier.4", nn.Linear(units, units))
    model.set_submodule("classifier.6", nn.Linear(units, classes))

"""The ResNet family (He et al. 2016), torchvision's own model classes with a stem for small images.

ResNeXt (Xie et al. 2017) and the wide ResNets for 224 pixels (Zagoruyko and Komodakis 2016) are ResNets of
other widths, and are built by the same function from files of their own.
"""

from __future__ import annotations

from typing import Annotated

from torch import nn

from search.plan.registry import Doc
from search.training.architectures.head import Dropout, drop_before
from search.training.architectures.published import published
from search.training.architectures.registry import architectures
from search.training.architectures.stem import Stem, fit_first_convolution, takes_small_stem

ZeroInit = Annotated[bool, Doc("begin with every residual branch at zero (Goyal et al. 2017)")]

DEPTHS = (18, 34, 50, 101, 152)


def register_residual(name: str, said: str, *, weights: str, family: str) -> None:
    """Register a ResNet, ResNeXt or wide ResNet of a published name, with the settings that all of them have.

    Args:
        name: torchvision's.
        said: what it is, and by whom.
        weights: the name of torchvision's enum.
        family: the file that registers it.
    """

    def build(
        shape: tuple[int, int, int],
        classes: int,
        *,
        stem: Stem = "auto",
        dropout: Dropout = 0.0,
        zero_init_residual: ZeroInit = False,
    ) -> nn.Module:
        return residual(
            name, shape, classes, stem=stem, dropout=dropout, zero_init_residual=zero_init_residual
        )

    build.__doc__ = f"Build {said}, with a 3×3 stem for small images and dropout."
    architectures.register(name, weights=weights, family=family)(build)


for _depth in DEPTHS:
    register_residual(
        f"resnet{_depth}",
        f"ResNet-{_depth} (He et al. 2016)",
        weights=f"ResNet{_depth}_Weights",
        family="resnet",
    )


def residual(
    name: str,
    shape: tuple[int, int, int],
    classes: int,
    *,
    stem: Stem = "auto",
    dropout: float = 0.0,
    zero_init_residual: bool = False,
) -> nn.Module:
    """Build a ResNet, ResNeXt or wide ResNet of a published name.

    Args:
        name: torchvision's.
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
    small = takes_small_stem(name, shape, stem)
    model = published(name, classes, zero_init_residual=zero_init_residual)
    fit_first_convolution(model, shape[0], kernel_size=3 if small else None)
    if small:
        model.maxpool = nn.Identity()
    drop_before(model, "fc", dropout)
    return model

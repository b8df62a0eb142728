"""Vision transformers (Dosovitskiy et al. 2021; the tiny and small ones of Touvron et al. 2021, "DeiT", table 1)."""

from __future__ import annotations

from typing import Annotated, Literal

from torch import nn

from search.plan.registry import Doc, Range
from search.training.architectures.registry import architectures, check_shape
from search.training.architectures.stem import fit_first_convolution

Patch = Annotated[
    Literal["auto", 2, 4, 8, 16, 32], Doc("side of a patch in pixels; auto: 2 to 16, by the images")
]

WIDTHS = {"tiny": 192, "small": 384, "base": 768}
"""Each size and the width of its tokens; 64 of it are one head's, and the hidden layers are 4 times as wide."""

LAYERS = 12

AUTO = ((96, 16), (64, 8), (24, 4), (0, 2))
"""From which side in pixels `patch_size: auto` takes which patches: 28 and 32 pixels make 7×7 and 8×8 of them."""


def _register(size: str) -> None:
    """Register ``vit_<size>``."""

    def build(
        shape: tuple[int, int, int],
        classes: int,
        *,
        patch_size: Patch = "auto",
        dropout: Annotated[
            float, Range(0, 0.95, "share dropped of the embedding and behind each attention and hidden layer")
        ] = 0.0,
        attention_dropout: Annotated[float, Range(0, 0.95, "share of attention weights dropped")] = 0.0,
    ) -> nn.Module:
        return vit(
            size,
            shape,
            classes,
            patch_size=patch_size,
            dropout=dropout,
            attention_dropout=attention_dropout,
        )

    build.__doc__ = f"Build a vision transformer, {size}, with small patches for small images."
    architectures.register(f"vit_{size}", weights="ViT_B_16_Weights" if size == "base" else None)(build)


for _size in WIDTHS:
    _register(_size)


def vit(
    size: str,
    shape: tuple[int, int, int],
    classes: int,
    *,
    patch_size: Patch = "auto",
    dropout: float = 0.0,
    attention_dropout: float = 0.0,
) -> nn.Module:
    """Build a vision transformer. It knows one size of images: the embedding of places is learned.

    Args:
        size: tiny, small or base.
        shape: (channels, height, width) of an image; filled up with zeros, the mean, to a square of patches.
        classes: the number of logits.
        patch_size: side in pixels of what becomes one token. ``auto`` is the published 16 from 96 pixels up, 8
            from 64, 4 from 24, else 2.
        dropout: share dropped of the embedding and behind each attention and hidden layer; the papers' runs on
            ImageNet-1k have 0.1 and 0.
        attention_dropout: share of attention weights dropped.

    Returns:
        A module from (N, C, H, W) to logits (N, classes).

    Raises:
        SettingsError: images that it cannot take.
    """
    # Late, because torchvision takes 4 s to import here.
    from search.training.architectures.padded_vit import PaddedVisionTransformer  # noqa: PLC0415

    check_shape(f"vit_{size}", shape)
    patch = _patch(min(shape[1:])) if patch_size == "auto" else patch_size
    width = WIDTHS[size]
    model: nn.Module = PaddedVisionTransformer(
        image_size=-(-max(shape[1:]) // patch) * patch,
        patch_size=patch,
        num_layers=LAYERS,
        num_heads=width // 64,
        hidden_dim=width,
        mlp_dim=4 * width,
        dropout=dropout,
        attention_dropout=attention_dropout,
        num_classes=classes,
    )
    fit_first_convolution(model, shape[0])
    return model


def _patch(side: int) -> int:
    return next(patch for least, patch in AUTO if side >= least)

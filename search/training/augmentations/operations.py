"""The operations of AutoAugment (Cubuk et al. 2019, table 6), each on whole batches with a magnitude for each image.

They do what torchvision's `_apply_op` does with bilinear interpolation, which follows the authors' own code on PIL.
torchvision itself is the oracle of the tests: importing its functions takes every worker seconds of CPU, and they take
one strength for a whole batch.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from search.training.augmentations.brightness import brightened
from search.training.augmentations.contrast import contrasted
from search.training.augmentations.equalize import equalized
from search.training.augmentations.kinds import Shape, each
from search.training.augmentations.resampling import affine
from search.training.augmentations.rotation import turn
from search.training.augmentations.saturation import saturated

GEOMETRIC = ("ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate")
BLENDING = ("Brightness", "Color", "Contrast", "Sharpness")
SIGNED = (*GEOMETRIC, *BLENDING)
"""Those whose magnitude is taken with a random sign."""

NAMES = ("Identity", *SIGNED, "Posterize", "Solarize", "AutoContrast", "Equalize", "Invert")
"""Their names in torchvision; an operation's number is its place here."""


def magnitudes(
    bins: int, *, shear: float, shift: tuple[float, float], rotate: float, blend: float, bits: int
) -> Tensor:
    """Return the strength of each operation in equal steps from weak to strong: (operations, bins) float32.

    Args:
        bins: number of steps.
        shear: the greatest, as pixels across for each pixel down.
        shift: the greatest across and down, in pixels.
        rotate: the greatest, in degrees.
        blend: the greatest change of the factors of brightness, colour, contrast and sharpness, which are 1 at rest.
        bits: how many of a pixel's 8 bits posterizing takes away at most.
    """
    table = torch.zeros(len(NAMES), bins)
    greatest = (shear, shear, *shift, rotate, *[blend] * len(BLENDING))
    for name, value in zip(SIGNED, greatest, strict=True):
        table[NAMES.index(name)] = torch.linspace(0, value, bins)
    table[NAMES.index("Posterize")] = 8 - (torch.arange(bins) / ((bins - 1) / bits)).round()
    table[NAMES.index("Solarize")] = torch.linspace(255, 0, bins)
    return table


def moved(operations: Tensor, strengths: Tensor, shape: Shape) -> Tensor:
    """Return the maps (N, 3, 3) of the geometric operations, the identity for the others.

    Args:
        operations: (N,) int64, numbers of operations.
        strengths: (N,) float.
        shape: (C, H, W) of the images.
    """
    of = {name: torch.where(operations == NAMES.index(name), strengths, 0.0) for name in GEOMETRIC}
    height, width = shape[1], shape[2]
    # About the corner, not the centre, and by whole pixels, as the authors have it.
    across, down = of["ShearX"] * (height / width), of["ShearY"] * (width / height)
    right, low = -2 / width * of["TranslateX"].trunc(), -2 / height * of["TranslateY"].trunc()
    shift = affine((1, across, across + right), (down, 1, down + low), like=strengths)
    return torch.matmul(turn(of["Rotate"], shape), shift)


def recoloured(images: Tensor, operations: Tensor, strengths: Tensor) -> Tensor:
    """Do the operations that move nothing, each on those images that it was drawn for.

    Args:
        images: (N, C, H, W) uint8.
        operations: (N,) int64, numbers of operations.
        strengths: (N,) float.

    Returns:
        New images of the same shape.
    """
    out = images.clone(memory_format=torch.contiguous_format)
    for number in operations.unique().tolist():  # type: ignore[no-untyped-call]
        if change := CHANGES.get(NAMES[number]):
            rows = (operations == number).nonzero()[:, 0]
            out[rows] = change(out.index_select(0, rows), strengths[rows])
    return out


def sharpened(images: Tensor, factors: Tensor) -> Tensor:
    """Move each image away from its smoothed form or towards it; the outermost pixels stay.

    Args:
        images: (N, C, H, W) float from 0 to 255, whole numbers.
        factors: (N,) float, 1 for as it is.
    """
    count, channels, height, width = images.shape
    if min(height, width) < 3:
        return images
    kernel = torch.tensor([[1.0, 1, 1], [1, 5, 1], [1, 1, 1]], device=images.device) / 13  # PIL's SMOOTH
    planes = images.reshape(count * channels, 1, height, width)
    smooth = torch.nn.functional.conv2d(planes, kernel[None, None].to(images.dtype)).round_()
    out = images.clone(memory_format=torch.contiguous_format)
    inner = out[..., 1:-1, 1:-1]
    inner.lerp_(smooth.view(count, channels, height - 2, width - 2), 1 - each(factors))
    return out.clamp_(0, 255)


def _blended(adjust: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """Return an adjustment by 1 + strength that cuts fractions off, as PIL does."""
    return lambda images, strengths: adjust(images.float(), 1 + strengths).to(torch.uint8)


def _posterized(images: Tensor, strengths: Tensor) -> Tensor:
    taken = 8 - each(strengths).to(torch.int32)  # bits
    return (images.to(torch.int32) >> taken << taken).to(torch.uint8)


def _solarized(images: Tensor, strengths: Tensor) -> Tensor:
    return torch.where(images >= each(strengths), 255 - images, images)


def _stretched(images: Tensor, strengths: Tensor) -> Tensor:
    levels = images.float()
    least, most = levels.amin(dim=(2, 3), keepdim=True), levels.amax(dim=(2, 3), keepdim=True)
    spread = (levels - least) / ((most - least) / 255)
    return torch.where(most > least, spread, levels).clamp_(0, 255).to(torch.uint8)


def _inverted(images: Tensor, strengths: Tensor) -> Tensor:
    return 255 - images


CHANGES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "Brightness": _blended(brightened),
    "Color": _blended(saturated),
    "Contrast": _blended(contrasted),
    "Sharpness": _blended(sharpened),
    "Posterize": _posterized,
    "Solarize": _solarized,
    "AutoContrast": _stretched,
    "Equalize": lambda images, strengths: equalized(images),
    "Invert": _inverted,
}

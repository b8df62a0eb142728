"""Gray of colours, in the weights of ITU-R BT.601, as torchvision and PIL take them."""

from __future__ import annotations

from torch import Tensor

WEIGHTS = (0.2989, 0.587, 0.114)
"""Of red, green and blue: torchvision's, rounded to four digits as there."""


def is_colour(images: Tensor) -> bool:
    """Tell whether images (N, C, H, W) have red, green and blue; others have no hue and no saturation."""
    return images.shape[1] == 3


def gray(images: Tensor) -> Tensor:
    """Return (N, 1, H, W) float: the gray of colour images, the images themselves where they have other channels.

    Args:
        images: (N, C, H, W) float.
    """
    if not is_colour(images):
        return images
    red, green, blue = (images[:, channel : channel + 1] for channel in range(3))
    return red.mul(WEIGHTS[0]).add_(green, alpha=WEIGHTS[1]).add_(blue, alpha=WEIGHTS[2])

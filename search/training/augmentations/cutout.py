"""Cutout (DeVries and Taylor 2017): one black square per image at a random place, partly outside allowed."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor

from search.plan.registry import Range
from search.training.augmentations.registry import augmentations


@augmentations.register("cutout")
def cutout(
    images: Tensor,
    generator: torch.Generator,
    *,
    cutout: Annotated[int, Range(0, 512, "side of the black square in pixels; 16 on CIFAR-10")] = 0,
) -> Tensor:
    """Black out one square of each image, its centre uniform over the pixels.

    Args:
        images: (N, C, H, W).
        generator: on the images' device.
        cutout: side of the square in pixels.

    Returns:
        Images of the same shape.
    """
    if not cutout:
        return images
    count, _, height, width = images.shape
    rows = torch.randint(0, height, (count,), generator=generator, device=images.device)
    columns = torch.randint(0, width, (count,), generator=generator, device=images.device)
    return erase_at(images, rows - cutout // 2, columns - cutout // 2, side=cutout)


def erase_at(images: Tensor, top: Tensor, left: Tensor, *, side: int) -> Tensor:
    """Black out a square of each image at its own offset.

    Args:
        images: (N, C, H, W).
        top: (N,) int64, the square's first row; may be negative.
        left: (N,) int64, its first column; may be negative.
        side: of the square in pixels.

    Returns:
        Images of the same shape.
    """
    rows = _span(top, images.shape[2], side)[:, None, :, None]
    columns = _span(left, images.shape[3], side)[:, None, None, :]
    return images.masked_fill(rows & columns, 0)


def _span(start: Tensor, size: int, length: int) -> Tensor:
    """Return an (N, size) mask of start <= position < start + length."""
    position = torch.arange(size, device=start.device)
    return (position >= start[:, None]) & (position < start[:, None] + length)

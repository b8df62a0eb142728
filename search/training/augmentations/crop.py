"""Random crops of the padded image (He et al. 2016, section 4.2: 4 pixels on CIFAR-10)."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor

from search.plan.registry import Range
from search.training.augmentations.registry import augmentations


@augmentations.register("crop")
def crop(
    images: Tensor,
    generator: torch.Generator,
    *,
    crop: Annotated[
        int, Range(0, 64, "pixels of padding on each side before the random crop; 4 on CIFAR")
    ] = 0,
) -> Tensor:
    """Shift each image by up to so many pixels in each direction.

    Args:
        images: (N, C, H, W).
        generator: on the images' device.
        crop: padding on each side in pixels; the shift is uniform on all (2·crop + 1)² offsets.

    Returns:
        Images of the same shape.
    """
    if not crop:
        return images
    offsets = torch.randint(0, 2 * crop + 1, (2, len(images)), generator=generator, device=images.device)
    return crop_at(images, offsets[0], offsets[1], padding=crop)


def crop_at(images: Tensor, top: Tensor, left: Tensor, *, padding: int) -> Tensor:
    """Pad with black and cut each image's window at its own offset.

    Args:
        images: (N, C, H, W).
        top: (N,) int64, 0 to 2·padding: the window's first row in the padded image.
        left: (N,) int64, likewise its first column.
        padding: pixels on each side.

    Returns:
        Images of the same shape, channels last in memory.
    """
    count, channels, height, width = images.shape
    padded = torch.nn.functional.pad(images.permute(0, 2, 3, 1), (0, 0, padding, padding, padding, padding))
    rows, columns = padded.stride(1), padded.stride(2)
    # A view of every window at once; one indexing then copies the rows, width × channels bytes each, as they
    # lie.
    windows = padded.as_strided(
        (count, 2 * padding + 1, 2 * padding + 1, height, width * channels),
        (padded.stride(0), rows, columns, rows, 1),
    )
    chosen = windows[torch.arange(count, device=images.device), top, left]  # (N, H, W·C)
    return chosen.view(count, height, width, channels).permute(0, 3, 1, 2)

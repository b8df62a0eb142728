"""Resizing of whole arrays of images that are in memory already."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from search.training.data.source import Images

BYTES_AT_ONCE = 2**26
"""Of a chunk's result in float32: 5,461 images of 32×32×3, 111 of 224×224×3."""


def resized(images: Images, side: int | None) -> Iterator[tuple[slice, Images]]:
    """Resize images to squares, bilinearly with antialiasing, a chunk at a time.

    CIFAR-10 at 224 pixels takes 7.5 GB: it goes to the cache as it comes and is never whole in memory.

    Args:
        images: (N, H, W, C).
        side: of the squares in pixels; None leaves the images as they are.

    Yields:
        The rows, and their images (n, side, side, C).
    """
    height, width = (side, side) if side else images.shape[1:3]
    step = max(1, BYTES_AT_ONCE // (4 * height * width * images.shape[3]))
    for start in range(0, len(images), step):
        rows = slice(start, start + step)
        same = images.shape[1:3] == (height, width)
        yield rows, images[rows] if same else _resize(images[rows], height)


def resized_shape(images: Images, side: int | None) -> tuple[int, int, int]:
    """Return (H, W, C) of what `resized` yields."""
    height, width, channels = images.shape[1:]
    return (side, side, channels) if side else (height, width, channels)


def _resize(images: Images, side: int) -> Images:
    channels_first = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float()
    out = torch.nn.functional.interpolate(channels_first, (side, side), mode="bilinear", antialias=True)
    return out.round_().clamp_(0, 255).to(torch.uint8).permute(0, 2, 3, 1).numpy()

"""Splits whose images are in memory already: resized where asked, and written to the cache in chunks."""

from __future__ import annotations

import numpy as np
import torch

from search.training.data.source import Images, Labels, Writer

BYTES_AT_ONCE = 2**26
"""Of a chunk's result in float32: 5,461 images of 32×32×3, 111 of 224×224×3."""


def write_split(writer: Writer, name: str, images: Images, labels: Labels, *, side: int | None) -> None:
    """Write a split, its images resized to squares, bilinearly with antialiasing.

    CIFAR-10 at 224 pixels takes 7.5 GB, so it goes to the cache as it comes and is never whole in memory.

    Args:
        writer: of the cache.
        name: train, validation or test.
        images: (N, H, W, C).
        labels: (N,) class indices.
        side: of the squares in pixels; None leaves the images as they are.
    """
    count, height, width, channels = images.shape
    shape = (side, side, channels) if side else (height, width, channels)
    stored = writer.split(name, labels, shape)
    step = max(1, BYTES_AT_ONCE // (4 * shape[0] * shape[1] * channels))
    for start in range(0, count, step):
        chunk = images[start : start + step]
        stored[start : start + step] = chunk if chunk.shape[1:] == shape else _resize(chunk, shape[0])


def _resize(images: Images, side: int) -> Images:
    channels_first = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float()
    out = torch.nn.functional.interpolate(channels_first, (side, side), mode="bilinear", antialias=True)
    return out.round_().clamp_(0, 255).to(torch.uint8).permute(0, 2, 3, 1).numpy()

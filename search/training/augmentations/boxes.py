"""Rectangles of pixels, one for each image, as masks."""

from __future__ import annotations

import torch
from torch import Tensor


def inside(top: Tensor, left: Tensor, height: Tensor | int, width: Tensor | int, images: Tensor) -> Tensor:
    """Tell which pixels lie in each image's rectangle.

    Args:
        top: (N,) int64, its first row; may be negative.
        left: (N,) int64, its first column; may be negative.
        height: its rows, the same for all or (N,) int64.
        width: its columns, likewise.
        images: (N, C, H, W).

    Returns:
        (N, 1, H, W) bool.
    """
    rows = _span(top, images.shape[2], height)[:, None, :, None]
    columns = _span(left, images.shape[3], width)[:, None, None, :]
    return rows & columns


def _span(start: Tensor, size: int, length: Tensor | int) -> Tensor:
    """Return an (N, size) mask of start <= position < start + length."""
    position = torch.arange(size, device=start.device)
    return (position >= start[:, None]) & (position < (start + length)[:, None])

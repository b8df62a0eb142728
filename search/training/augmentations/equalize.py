"""Histograms made flat, as PIL's `ImageOps.equalize` does: one of the operations of AutoAugment."""

from __future__ import annotations

import torch
from torch import Tensor


def equalized(images: Tensor) -> Tensor:
    """Map the levels of each channel of each image so that all are about equally frequent.

    Args:
        images: (N, C, H, W) uint8. A channel with fewer than 255 pixels below its highest level is left as
            it is.
    """
    levels = images.flatten(2).long()  # (N, C, H·W)
    counts = torch.zeros(*levels.shape[:2], 256, dtype=torch.long, device=images.device)
    counts.scatter_add_(2, levels, torch.ones_like(levels))
    below = counts.cumsum(2) - counts
    # PIL leaves the highest level out when it counts how many pixels fall on each new level.
    highest = levels.amax(dim=2, keepdim=True)
    step = below.gather(2, highest) // 255
    table = ((below + step // 2) // step.clamp(min=1)).clamp_(max=255)
    table = torch.where(step > 0, table, torch.arange(256, device=images.device))
    return table.gather(2, levels).to(torch.uint8).view_as(images)

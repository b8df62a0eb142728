"""A batch's gradient in several parts, so that a batch may be larger than memory."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def gradient(
    forward: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]], images: Tensor, targets: Tensor, *, parts: int
) -> tuple[Tensor, Tensor]:
    """Add the gradient of a batch's mean loss to the parameters', part by part.

    The sum of the parts' gradients, each by its share of the images, is the whole batch's. Batch norm alone sees parts:
    its means are those of a part.

    Args:
        forward: from images and targets to logits and the mean loss.
        images: (N, C, H, W).
        targets: (N,) or (N, classes).
        parts: into how many the batch is cut; fewer where a part would be a single image, which batch norm refuses.

    Returns:
        The logits (N, classes) and the mean loss of the batch, without gradient.
    """
    count = max(1, min(parts, len(images) // 2))
    if count == 1:
        logits, loss = forward(images, targets)
        loss.backward()  # type: ignore[no-untyped-call]
        return logits.detach(), loss.detach()
    done = [
        _of_part(forward, some, wanted, len(some) / len(images))
        for some, wanted in zip(images.tensor_split(count), targets.tensor_split(count), strict=True)
    ]
    return torch.cat([logits for logits, _ in done]), torch.stack([loss for _, loss in done]).sum()


def _of_part(
    forward: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]], images: Tensor, targets: Tensor, share: float
) -> tuple[Tensor, Tensor]:
    logits, loss = forward(images, targets)
    loss = loss * share
    loss.backward()  # type: ignore[no-untyped-call]
    return logits.detach(), loss.detach()

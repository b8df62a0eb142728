"""Order and augmentation of the CIFAR-10 speed record (Jordan 2024, arxiv.org/abs/2404.00498, section 3).

github.com/KellerJordan/cifar10-airbench, airbench94_muon.py, MIT licence, Copyright (c) 2024 Keller Jordan.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

SHIFT = 2
"""Pixels that an image is shifted by at most."""


def epochs(images: Tensor, labels: Tensor, size: int) -> Iterator[Iterator[tuple[Tensor, Tensor]]]:
    """Yield each epoch's batches, without end: shifted at random, mirrored by turns, what is left over left out.

    Half of the images are mirrored at the beginning, and all of them in every second epoch, so that an image is seen
    either way equally often.

    Args:
        images: (N, 3, H, W), normalised.
        labels: (N,).
        size: images of a batch, N at most.
    """
    mirrored = torch.rand(len(images), device=images.device) < 0.5
    started = torch.where(mirrored[:, None, None, None], images.flip(3), images)
    padded = nn.functional.pad(started, (SHIFT,) * 4, mode="reflect")
    odd = False
    while True:
        shifted = _shifted(padded, images.shape[2])
        whole = (shifted.flip(3) if odd else shifted).contiguous(memory_format=torch.channels_last)
        order = torch.randperm(len(images), device=images.device)
        rows = order[: len(order) // size * size].view(-1, size)
        yield ((whole[few], labels[few]) for few in rows)
        odd = not odd


def _shifted(padded: Tensor, side: int) -> Tensor:
    """Return a window of each image (N, 3, side, side) at a place of its own."""
    windows = padded.unfold(2, side, 1).unfold(3, side, 1)  # (N, 3, places, places, side, side)
    top, left = torch.randint(0, windows.shape[2], (2, len(padded)), device=padded.device)
    return windows[torch.arange(len(padded), device=padded.device), :, top, left]

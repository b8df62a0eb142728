"""Random crops of the padded image (He et al. 2016, section 4.2: 4 pixels on CIFAR-10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from search.plan.registry import Range
from search.training.augmentations.kinds import Copy, Drawn, Fill, Shape
from search.training.augmentations.registry import augmentations


@augmentations.register("crop")
@dataclass(frozen=True, kw_only=True)
class Crop(Copy):
    """Shift each image by up to so many pixels in each direction, uniform on all (2·crop + 1)² offsets.

    A padding greater than the image is allowed; where the fill is black, an image may then be all black.
    """

    crop: Annotated[
        int, Range(0, 64, "pixels of padding on each side before the random crop; 4 on CIFAR")
    ] = 0

    def draw(self, count: int, shape: Shape, generator: torch.Generator) -> Drawn:
        """Draw the windows' first rows and columns in the padded image, (N,) int64 each."""
        highest = 2 * self.crop + 1
        offsets = torch.randint(0, highest, (2, count), generator=generator, device=generator.device)
        return offsets[0], offsets[1]

    def copied(self, images: Tensor, drawn: Drawn, fill: Fill) -> Tensor:
        """Return each image's window."""
        return crop_at(images, *drawn, padding=self.crop, fill=fill)


def crop_at(images: Tensor, top: Tensor, left: Tensor, *, padding: int, fill: Fill = "constant") -> Tensor:
    """Pad and cut each image's window at its own offset.

    Args:
        images: (N, C, H, W).
        top: (N,) int64, 0 to 2·padding: the window's first row in the padded image.
        left: (N,) int64, likewise its first column.
        padding: pixels on each side.
        fill: what they are.

    Returns:
        Images of the same shape, channels last in memory.
    """
    count, channels, height, width = images.shape
    padded = _padded(images.permute(0, 2, 3, 1), padding, fill)
    whole, row, _, _ = (stride // channels for stride in padded.stride())  # in pixels
    # A view of the width pixels from every pixel on: what is copied are the windows' rows, each as it lies in memory.
    # Indexing by image, top and left takes 20 times as long on a CPU.
    stretches = padded.as_strided((len(padded) * whole - width + 1, width * channels), (channels, 1))
    places = torch.arange(count, device=images.device) * whole + top * row + left
    lines = torch.arange(height, device=images.device) * row
    chosen = stretches.index_select(0, (places[:, None] + lines).view(-1))  # (N·H, W·C)
    return chosen.view(count, height, width, channels).permute(0, 3, 1, 2)


def _padded(images: Tensor, padding: int, fill: Fill) -> Tensor:
    """Return (N, H, W, C) images with so many pixels more on each side, contiguous."""
    if fill == "constant":
        return torch.nn.functional.pad(images, (0, 0, padding, padding, padding, padding))
    rows, columns = (_sources(size, padding, fill).to(images.device) for size in images.shape[1:3])
    return images.index_select(1, rows).index_select(2, columns).contiguous()


def _sources(size: int, padding: int, fill: Fill) -> Tensor:
    """Return which of ``size`` pixels stands at each place of the padded row.

    `torch.nn.functional.pad` reflects no uint8, and by less than the image's size only.
    """
    places = torch.arange(-padding, size + padding)
    if fill == "nearest":
        return places.clamp(0, size - 1)
    within = places.remainder(2 * size)
    return torch.minimum(within, 2 * size - 1 - within)

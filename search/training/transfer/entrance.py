"""What stands before a pretrained network: images as its weights expect them, whatever the data set is like.

It belongs to the model and travels in its state, so that a bundle, an ensemble of pretrained and other members, and a
checkpoint all take images that are normalised by the data set's own mean and deviation. A grey image becomes three
equal channels here; adding up the first convolution's weights over its channels instead would be the same only
without padding, since black's normalised value differs between channels.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Entrance(nn.Module):
    """Resizes images and normalises them anew, on whole batches.

    Args:
        channels: that leave it; grey images become so many equal ones.
        shape: (C, H, W) of the images that come.
        size: (height, width) in pixels of those that leave.
    """

    def __init__(self, channels: int, shape: tuple[int, int, int], size: tuple[int, int]) -> None:
        super().__init__()
        self.channels, self.shape, self.size = channels, shape, size
        self.register_buffer("scale", torch.ones(channels, 1, 1))
        self.register_buffer("shift", torch.zeros(channels, 1, 1))

    def adapt(
        self,
        *,
        given: tuple[Sequence[float], Sequence[float]],
        wanted: tuple[Sequence[float], Sequence[float]],
    ) -> None:
        """Let what is normalised by one mean and deviation per channel leave as normalised by another.

        Args:
            given: mean and standard deviation (scale 0-1) by which the images come normalised; one value or one for
                each channel.
            wanted: those that the weights expect, likewise.
        """
        (m, s), (mean, std) = (self._columns(*pair) for pair in (given, wanted))
        with torch.no_grad():
            self.get_buffer("scale").copy_(s / std)
            self.get_buffer("shift").copy_((m - mean) / std)

    def forward(self, images: Tensor) -> Tensor:
        """Return (N, channels, height, width) of (N, C, H, W)."""
        if self.size != self.shape[1:]:
            smaller = self.size[0] < self.shape[1] or self.size[1] < self.shape[2]
            images = nn.functional.interpolate(
                images, self.size, mode="bilinear", align_corners=False, antialias=smaller
            )
        return images * self.get_buffer("scale") + self.get_buffer("shift")

    def extra_repr(self) -> str:
        """Return what tells two of them apart."""
        return f"{self.shape} to {(self.channels, *self.size)}"

    def _columns(self, mean: Sequence[float], std: Sequence[float]) -> tuple[Tensor, Tensor]:
        """Return (channels, 1, 1) each, in double precision."""
        mean_column, std_column = (torch.tensor(v, dtype=torch.float64).view(-1, 1, 1) for v in (mean, std))
        return mean_column.expand(self.channels, 1, 1), std_column.expand(self.channels, 1, 1)


class Transferred(nn.Module):
    """A network behind its entrance: from images (N, C, H, W), normalised by the data set's figures, to logits."""

    def __init__(self, entrance: Entrance, network: nn.Module) -> None:
        super().__init__()
        self.entrance, self.network = entrance, network

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (N, classes)."""
        logits: Tensor = self.network(self.entrance(images))
        return logits

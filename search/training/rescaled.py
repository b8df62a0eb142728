"""A model that wants its pixels otherwise than standardised: on the scale 0-1, or as they are."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

GREATEST_VALUE: dict[str, float] = {"min_max": 1.0, "none": 255.0}
"""What a white pixel is for the model, black being 0: the minimum and maximum are those of a uint8, 0 and 255."""


class Rescaled(nn.Module):
    """Gives a model pixels from 0 to some greatest value, of images that come standardised.

    All that surrounds a model (evaluation, bundles, ensembles, servers) standardises by the training split's mean and
    deviation. This undoes it within the model, and is kept with its weights, so that none of them need know.

    Args:
        model: from rescaled images (N, C, H, W) to logits.
        channels: C.
        greatest: the value of a white pixel.
    """

    scale: Tensor
    shift: Tensor

    def __init__(self, model: nn.Module, *, channels: int, greatest: float) -> None:
        super().__init__()
        self.model, self._greatest = model, greatest
        self.register_buffer("scale", torch.ones(channels, 1, 1))
        self.register_buffer("shift", torch.zeros(channels, 1, 1))

    def learn(self, mean: Sequence[float], std: Sequence[float]) -> None:
        """Take what the images are standardised with, per channel on the scale 0-1."""
        for buffer, values in ((self.scale, std), (self.shift, mean)):
            buffer.copy_((torch.tensor(values, dtype=torch.float64) * self._greatest).view(-1, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (N, classes)."""
        logits: Tensor = self.model(torch.addcmul(self.shift, images, self.scale))
        return logits

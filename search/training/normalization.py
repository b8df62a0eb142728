"""From uint8 pixels to what a model sees: standardised with the training split's mean and deviation."""

from __future__ import annotations

import torch
from torch import Tensor

from search.training.data.dataset import Data


class Normalization:
    """(x / 255 - mean) / std per channel, as one multiplication and one addition on whole batches.

    Args:
        data: whose training split gives mean and standard deviation.
        device: of the batches.
        channels_last: the memory format of the result.
    """

    def __init__(self, data: Data, device: torch.device, *, channels_last: bool) -> None:
        std = torch.tensor(data.std, dtype=torch.float64)
        mean = torch.tensor(data.mean, dtype=torch.float64)
        pixels = data.shape[1] * data.shape[2]
        self._scale = (1 / (255 * std)).float().repeat(pixels).to(device)  # (H·W·C,)
        self._shift = (-mean / std).float().repeat(pixels).to(device)
        self._format = torch.channels_last if channels_last else torch.contiguous_format

    def __call__(self, images: Tensor) -> Tensor:
        """Return float32 images (N, C, H, W) of uint8 or float ones on the scale 0-255."""
        channels_last = images.permute(0, 2, 3, 1)
        # As one long row per image it takes a quarter of the time of a broadcast over 3 channels on a CPU.
        rows = channels_last.reshape(len(images), -1).to(torch.float32)
        out = torch.addcmul(self._shift, rows, self._scale).view(channels_last.shape)
        return out.permute(0, 3, 1, 2).contiguous(memory_format=self._format)

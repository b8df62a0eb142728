"""Normalisation against its formula."""

from __future__ import annotations

import pytest
import torch

from search.training.data import Data
from search.training.normalization import Normalization


@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_images_are_standardised_per_channel(channels_last: bool, dtype: torch.dtype, small: Data) -> None:
    mean, std = (0.4, 0.5, 0.6), (0.2, 0.1, 0.3)
    data = Data("x", small.classes, (3, 5, 7), small.train, small.validation, mean, std)
    images = torch.randint(0, 256, (4, 3, 5, 7), generator=torch.Generator().manual_seed(0)).to(dtype)
    out = Normalization(data, torch.device("cpu"), channels_last=channels_last)(images)
    shape = (1, 3, 1, 1)
    expected = (images.double() / 255 - torch.tensor(mean).view(shape)) / torch.tensor(std).view(shape)
    torch.testing.assert_close(out.double(), expected, rtol=1e-5, atol=1e-5)
    memory = torch.channels_last if channels_last else torch.contiguous_format
    assert out.is_contiguous(memory_format=memory)
    assert out.dtype == torch.float32

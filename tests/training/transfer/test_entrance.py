"""What a network sees of an image: by its formula, and as torchvision's own preprocessing has it."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torchvision import models
from torchvision.transforms import functional as reference

from search.training.data import Data
from search.training.normalization import Normalization
from search.training.transfer.entrance import Entrance
from search.training.transfer.published import published
from tests.training.transfer.made import MEAN, STD

SHARES = st.lists(st.floats(0.05, 0.95), min_size=3, max_size=3)


def pixels(channels: int, height: int, width: int) -> Tensor:
    return torch.randint(0, 256, (2, channels, height, width), generator=torch.Generator().manual_seed(0))


@given(mean=SHARES, std=SHARES)
def test_images_leave_normalised_by_the_weights_figures(mean: list[float], std: list[float]) -> None:
    images = pixels(3, 4, 5).double() / 255
    given = (torch.tensor(v).view(3, 1, 1) for v in (mean, std))
    m, s = given
    entrance = Entrance(3, (3, 4, 5), (4, 5))
    entrance.adapt(given=(mean, std), wanted=(MEAN, STD))
    expected = reference.normalize(images, list(MEAN), list(STD))
    torch.testing.assert_close(entrance(((images - m) / s).float()).double(), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("height", "width", "size"), [(8, 8, 32), (12, 10, 32), (64, 48, 32), (32, 32, 32)])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_network_sees_what_torchvision_would_show_it(
    channels: int, height: int, width: int, size: int, small: Data
) -> None:
    """Oracle: resize, repeat the grey channel, normalise, all by torchvision."""
    images = pixels(channels, height, width)
    mean, std = (0.3, 0.5, 0.6)[:channels], (0.2, 0.1, 0.3)[:channels]
    data = Data("x", small.classes, (channels, height, width), small.train, small.validation, mean, std)
    entrance = Entrance(3, data.shape, (size, size))
    entrance.adapt(given=(mean, std), wanted=(MEAN, STD))
    seen = entrance(Normalization(data, torch.device("cpu"), channels_last=True)(images.to(torch.uint8)))
    resized = reference.resize(images.float() / 255, [size, size], antialias=True)
    expected = reference.normalize(resized.expand(-1, 3, -1, -1), list(MEAN), list(STD))
    torch.testing.assert_close(seen, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_weights_that_came_from_tensorflow_see_what_they_saw_there(name: str) -> None:
    """Oracle: torchvision's own networks, which rescale their input where they have published weights."""
    images = pixels(3, 4, 5).float() / 255
    network = models.get_model(name, transform_input=True, init_weights=False, aux_logits=False)
    expected = network._transform_input(reference.normalize(images, list(MEAN), list(STD)))
    known = published(name)
    assert known is not None
    entrance = Entrance(3, (3, 4, 5), (4, 5))
    entrance.adapt(given=((0.0,), (1.0,)), wanted=(known.mean, known.std))
    torch.testing.assert_close(entrance(images), expected)


def test_its_figures_travel_in_the_models_state() -> None:
    """So that a bundle and a checkpoint need no file of weights."""
    first, second = (Entrance(3, (1, 8, 8), (8, 8)) for _ in range(2))
    first.adapt(given=((0.5,), (0.25,)), wanted=(MEAN, STD))
    second.load_state_dict(first.state_dict())
    images = torch.rand(2, 1, 8, 8)
    assert torch.equal(first(images), second(images))

"""Published weights that the tests make themselves: torchvision's networks with seeded random weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision import models
from torchvision.models import Weights, WeightsEnum
from torchvision.transforms._presets import ImageClassification

from search.training.data import Data, Split
from search.training.transfer.published import published
from tests.training.transfer.made import SIZE, named_by_content


@pytest.fixture(scope="session")
def resnet18_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """torchvision's own ResNet-18 for 1,000 classes, random but seeded, under a published kind of name."""
    torch.manual_seed(5)
    network = models.resnet18()
    for name, buffer in network.named_buffers():  # as if it had seen images
        if name.endswith("running_mean"):
            buffer.normal_(0, 0.1)
        elif name.endswith("running_var"):
            buffer.uniform_(0.8, 1.2)
    path = tmp_path_factory.mktemp("server") / "resnet18.pth"
    torch.save(network.state_dict(), path)
    return named_by_content(path)


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache of torch's, the first folder where weights are looked for."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.delenv("WINNOW_WEIGHTS", raising=False)
    published.cache_clear()
    yield tmp_path / "torch" / "hub" / "checkpoints"
    published.cache_clear()


Publish = Callable[[str, str], None]


@pytest.fixture
def publish(monkeypatch: pytest.MonkeyPatch) -> Publish:
    """Let torchvision's table name other weights for 32×32 pixels: (name of the enum, address)."""

    def replace(enum: str, url: str) -> None:
        weights = Weights(url=url, transforms=partial(ImageClassification, crop_size=SIZE), meta={})
        monkeypatch.setattr(models, enum, _enum(enum, weights))

    return replace


def _enum(name: str, weights: Weights) -> type[Enum]:
    class Made(WeightsEnum):
        DEFAULT = weights

    Made.__name__ = name
    return Made


@pytest.fixture
def resnet18_published(publish: Publish, resnet18_file: Path) -> Path:
    """The made ResNet-18 as the published one; only its "server" has it."""
    publish("ResNet18_Weights", resnet18_file.as_uri())
    return resnet18_file


@pytest.fixture(scope="session")
def colours() -> Data:
    """48 colour images of 12×10 pixels in 3 classes, each of its own colour, and noise."""
    random = np.random.default_rng(0)
    labels = np.arange(48) % 3
    images = random.integers(0, 120, (48, 12, 10, 3), dtype=np.uint8)
    for label in range(3):
        images[labels == label, :, :, label] += 100
    train, validation = np.arange(32), np.arange(32, 48)
    return Data(
        "colours",
        ("red", "green", "blue"),
        (3, 12, 10),
        Split(images, labels, train),
        Split(images, labels, validation),
        mean=(0.4, 0.45, 0.35),
        std=(0.2, 0.25, 0.3),
    )

"""Small images that can be learned, and a cache of decoded images that the tests share and leave nothing in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings

from search.plan.trial_config import DataConfig, TrialConfig, Value
from search.training.data import Data, Split

# No test may depend on how busy the machine is.
settings.register_profile("training", deadline=None)
settings.load_profile("training")

MakeConfig = Callable[..., TrialConfig]


@pytest.fixture(scope="session")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _shared_cache(_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_CACHE", str(_cache))


@pytest.fixture(autouse=True)
def _leaves_the_process_alone() -> Iterator[None]:
    """Fail a test behind which the number of threads or the default type is another."""
    before = torch.get_num_threads(), torch.get_default_dtype(), torch.is_grad_enabled()
    yield
    assert (torch.get_num_threads(), torch.get_default_dtype(), torch.is_grad_enabled()) == before


@pytest.fixture(scope="session")
def small() -> Data:
    """90 grey images of 8×8 pixels in 3 classes: a bright stripe whose place gives the class, and noise."""
    random = np.random.default_rng(0)
    labels = np.arange(120) % 3
    images = random.integers(0, 100, (120, 8, 8, 1), dtype=np.uint8)
    for label in range(3):
        images[labels == label, :, 2 * label + 1] += 120
    rows = random.permutation(120)
    train, validation = np.sort(rows[:90]), np.sort(rows[90:])
    return Data(
        "stripes",
        ("left", "middle", "right"),
        (1, 8, 8),
        Split(images, labels, train),
        Split(images, labels, validation),
        mean=(0.3,),
        std=(0.25,),
    )


@pytest.fixture
def config() -> MakeConfig:
    """Make a configuration of a tiny CNN; keywords override its settings, with `__` for a dot."""

    def make(*, epochs: int = 3, seed: int = 0, **settings: Value) -> TrialConfig:
        tiny: dict[str, Value] = {
            "layers": 1,
            "width": 4,
            "dense_units": 8,
            "batch_size": 32,
            "learning_rate": 0.01,
        }
        named = {name.replace("__", "."): value for name, value in settings.items()}
        return TrialConfig({**tiny, **named}, DataConfig("stripes"), epochs=epochs, seed=seed)

    return make

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import search
from search.serving.engine import engine_of
from search.winner.bundle import Bundle, BundleError, write_checksums
from tests.serving.conftest import SHAPE


def images(count: int) -> np.ndarray:
    channels, height, width = SHAPE
    return np.random.default_rng(1).integers(0, 256, (count, height, width, channels), dtype=np.uint8)


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle, tmp_path / "copy"))


@pytest.mark.parametrize("temperature", [1.0, 2.5])
@pytest.mark.parametrize("onnx", [True, False])
def test_an_engine_says_what_the_loaded_model_says(copy: Path, temperature: float, onnx: bool) -> None:
    if not onnx:
        Bundle(copy).onnx.unlink()
        write_checksums(Bundle(copy))
    threads = torch.get_num_threads()
    engine = engine_of(Bundle(copy), threads=1, temperature=temperature)
    torch.set_num_threads(threads)
    assert engine.name == ("ONNX Runtime" if onnx else "torch on cpu")
    asked = images(7)
    expected = [one.probabilities for one in search.load(copy, temperature=temperature).predict(list(asked))]
    np.testing.assert_allclose(engine.probabilities(asked), expected, rtol=1e-4, atol=1e-6)


def test_a_changed_model_is_not_served(copy: Path) -> None:
    with Bundle(copy).onnx.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(BundleError, match="not the file that was exported"):
        engine_of(Bundle(copy), threads=1)


def test_a_model_computes_on_the_device_that_was_asked_for(copy: Path) -> None:
    threads = torch.get_num_threads()
    # The one device beside the CPU that every machine has; what is on it has no numbers.
    engine = engine_of(Bundle(copy), threads=1, device="meta")
    torch.set_num_threads(threads)
    with pytest.raises(NotImplementedError, match="meta tensor"):
        engine.probabilities(images(1))

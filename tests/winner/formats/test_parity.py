"""Contract of every format with every architecture: a written file says what the model says, whatever the batch.

The oracle is the module itself, run by torch as it was made, on images that are normalized by the formula.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

from search.training.data import Data
from search.winner.bundle import Bundle
from search.winner.formats import formats, missing
from search.winner.formats.onnx_int8 import OnnxInt8
from tests.training.architectures.families import first_of_families
from tests.winner.drawn import bundle_by_chance, digits, model_by_chance, trained_by_chance

pytestmark = pytest.mark.timeout(900)

QUICK = ("cnn", "lenet5", "resnet18")
"""Those that CI takes; one of each other family is slow, since together they take minutes."""

SLOW = {"executorch"}
"""It takes 18 s to import."""

BATCHES = (1, 3, 32)

Written = Callable[[str, str, int], tuple[Bundle, nn.Module, Data]]


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Return a function that writes an architecture in a format once: (architecture, format, channels)."""

    @cache
    def write(architecture: str, name: str, channels: int) -> tuple[Bundle, nn.Module, Data]:
        data = digits(channels)
        config, model = model_by_chance(architecture, data)
        folder: Path = tmp_path_factory.mktemp("written")
        return bundle_by_chance(folder, trained_by_chance(data, (config, model, 1.0)), name), model, data

    return write


def cases() -> list[object]:
    found: list[object] = []
    for entry in formats:
        for architecture in first_of_families():
            slow = entry.name in SLOW or architecture not in QUICK
            slow = slow or (
                entry.name == "onnx_int8" and architecture != "cnn"
            )  # it begins with another ONNX
            found.append(pytest.param(architecture, entry.name, marks=pytest.mark.slow if slow else ()))
    return found


def pixels(data: Data, count: int) -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(data.validation.read()[0][:count].transpose(0, 3, 1, 2))


def normalized(data: Data, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    mean, std = (np.array(values).reshape(1, -1, 1, 1) for values in (data.mean, data.std))
    return ((images / 255 - mean) / std).astype(np.float32)


def said_by(model: nn.Module, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    with torch.inference_mode():
        logits: npt.NDArray[np.float32] = model(torch.from_numpy(images)).numpy()
    return logits


def off_by(said: npt.NDArray[np.float32], expected: npt.NDArray[np.float32]) -> float:
    assert said.shape == expected.shape
    assert said.dtype == np.float32
    return float(np.abs(said - expected).max() / np.abs(expected).max())


@pytest.mark.parametrize(("architecture", "name"), cases())
def test_a_written_file_says_what_the_model_says(architecture: str, name: str, written: Written) -> None:
    if missing(formats[name]):
        pytest.skip(f"{name} is an extra that is not installed")
    bundle, model, data = written(architecture, name, 1)
    session = formats[name].build().open(bundle, threads=1)
    for count in BATCHES:
        images = normalized(data, pixels(data, count))
        assert off_by(session(images), said_by(model, images)) <= formats[name].build.tolerance


def test_the_tolerance_of_everything_but_eight_bits_is_that_of_the_issue() -> None:
    assert {entry.build.tolerance for entry in formats if entry.name != "onnx_int8"} == {1e-4}
    assert OnnxInt8.same_class is False


@pytest.mark.parametrize("name", ["onnx", "torch_export", "onnx_int8"])
def test_color_images_and_the_preprocessing_inside_the_graph(name: str, tmp_path: Path) -> None:
    data = digits(3)
    config, model = model_by_chance("cnn", data)
    trained = trained_by_chance(data, (config, model, 1.0))
    bundle = bundle_by_chance(tmp_path, trained, name, preprocess="inside")
    session = formats[name].build().open(bundle)
    for count in (1, 5):
        images = pixels(data, count)
        assert images.dtype == np.uint8
        expected = said_by(model, normalized(data, images))
        assert off_by(session(images), expected) <= formats[name].build.tolerance


@pytest.mark.slow
def test_executorch_with_the_preprocessing_inside_the_graph(tmp_path: Path) -> None:
    pytest.importorskip("executorch")
    test_color_images_and_the_preprocessing_inside_the_graph("executorch", tmp_path)


@pytest.mark.parametrize("name", ["safetensors", "onnx", "torch_export"])
def test_an_ensemble_is_the_weighted_mean_of_its_members_probabilities(name: str, tmp_path: Path) -> None:
    data = digits()
    shares = (0.7, 0.3)
    members = [model_by_chance(architecture, data, seed=3) for architecture in ("cnn", "lenet5")]
    trained = trained_by_chance(
        data, *((config, model, share) for (config, model), share in zip(members, shares, strict=True))
    )
    bundle = bundle_by_chance(tmp_path, trained, *({name} - {"safetensors"}))
    images = normalized(data, pixels(data, 4))
    said = formats[name].build().open(bundle)(images).astype(np.float64)
    singly = [said_by(model, images).astype(np.float64) for _, model in members]
    mean = sum(share * softmax(logits) for share, logits in zip(shares, singly, strict=True))
    np.testing.assert_allclose(softmax(said), mean, atol=1e-6)


def softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    found: npt.NDArray[np.float64] = shares / shares.sum(axis=1, keepdims=True)
    return found


def test_the_file_in_eight_bits_is_much_smaller(written: Written) -> None:
    whole, _, _ = written("cnn", "onnx", 1)
    bundle, _, _ = written("cnn", "onnx_int8", 1)
    assert bundle.onnx_int8.stat().st_size < whole.onnx.stat().st_size / 3
    assert not bundle.onnx.exists()  # made on the way, elsewhere

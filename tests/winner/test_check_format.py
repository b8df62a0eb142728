"""A file that is not the trained model is never called exported, whatever is wrong with it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import search
from search.runs.predictions import read_predictions
from search.winner.bundle import Bundle
from search.winner.check_format import Disagrees, compared
from search.winner.export import Exported
from search.winner.verification import Verification
from search.winner.verify import STRICT, verify


def scaled(path: Path, by: float) -> None:
    """Change the last layer of an ONNX file."""
    model = onnx.load(path)
    weight = max(
        (one for one in model.graph.initializer if len(one.dims) == 2),
        key=lambda one: one.dims[0] == 10,
    )
    weight.CopyFrom(
        onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(weight) * np.float32(by), weight.name)
    )
    onnx.save(model, path)


def check(exported: Exported, copy: Path, folder: Path, name: str) -> Verification:
    trial = search.open_run(copy).trial(exported.trial)
    said = read_predictions(trial.layout.validation)
    return verify(Bundle(folder), said, tolerance=STRICT, names=["safetensors", name])


def test_a_graph_with_other_weights_is_refused(exported: Exported, copy: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(exported.bundle.folder, tmp_path / "bundle"))
    assert check(exported, copy, folder, "onnx").formats[1].agree == 288
    scaled(folder / "model.onnx", 1.01)
    with pytest.raises(Disagrees, match=r"model.onnx is not the trained model: a logit is off by"):
        check(exported, copy, folder, "onnx")


def test_eight_bits_that_cost_much_accuracy_are_refused(
    exported: Exported, copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(exported.bundle.folder, tmp_path / "bundle"))
    # Less than nothing is allowed: the model that came out is refused with its figures.
    monkeypatch.setattr("search.winner.check_format.MOST_LOST", -1.0)
    with pytest.raises(Disagrees, match=r"model-int8.onnx is much less accurate .*95 % interval"):
        check(exported, copy, folder, "onnx_int8")


def test_the_verification_is_the_same_after_a_way_through_json(exported: Exported) -> None:
    found = exported.verification
    assert Verification.from_json(found.to_json()) == found


Logits = npt.NDArray[np.float32]


@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(2, 8), st.floats(0.001, 0.4))
def test_the_comparison_counts_what_brute_force_counts(
    seed: int, images: int, classes: int, noise: float
) -> None:
    random = np.random.default_rng(seed)
    reference = random.normal(0, 5, (images, classes)).astype(np.float32)
    said = (reference + random.normal(0, noise, reference.shape)).astype(np.float32)
    agree, undecided, difference = compared(said, reference, 0.01)
    scale = max(abs(float(value)) for value in reference.flat)
    assert agree == sum(int(np.argmax(a) == np.argmax(b)) for a, b in zip(said, reference, strict=True))
    expected = max(abs(float(a) - float(b)) for a, b in zip(said.flat, reference.flat, strict=True)) / scale
    assert difference == pytest.approx(expected, rel=1e-5)
    assert agree + undecided <= images
    # What moved by less than the tolerance can only turn what was undecided.
    if difference <= 0.01:
        assert agree + undecided == images


def test_a_logit_that_is_no_number_is_no_agreement() -> None:
    reference = np.array([[1.0, 2.0]], dtype=np.float32)
    assert compared(np.array([[np.nan, 2.0]], dtype=np.float32), reference, 0.1)[2] == np.inf

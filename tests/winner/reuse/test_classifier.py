"""A loaded model: it sees what it saw in training, says probabilities, and is the one that was exported."""

from __future__ import annotations

import copy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import load_file, save_file

import search
from search.training.data import load_data
from search.training.data.image_file import UnreadableImage
from search.training.errors import TooLarge
from search.training.normalization import Normalization
from search.winner.bundle import Bundle, BundleError, write_checksums
from search.winner.classifier import Classifier, Prediction
from search.winner.description import Description
from search.winner.rebuild import rebuilt
from tests.hostile_images import readable, unreadable

ALONE = """
import sys, search, numpy as np
model = search.load(sys.argv[1])
assert abs(sum(model.predict([np.zeros((8, 8), np.uint8)])[0].probabilities) - 1) < 1e-6
search.load_recipe(sys.argv[1])
from search.winner.explain import explain
explain(model, np.zeros((8, 8), np.uint8))
heavy = {"ray", "optuna", "captum", "matplotlib", "streamlit"} & set(sys.modules)
assert not heavy, heavy
"""


@pytest.fixture(scope="module")
def digits(bundle: Path) -> search.training.data.Data:
    return load_data(Description.read(Bundle(bundle).config).config.data)


def test_an_image_file_is_seen_as_the_training_saw_it(classifier: Classifier, digits, tmp_path: Path) -> None:
    images = digits.validation.read()[0][:4]
    normalize = Normalization(digits, torch.device("cpu"), channels_last=False)
    expected = normalize(torch.from_numpy(images).permute(0, 3, 1, 2))
    for place, image in enumerate(images):
        Image.fromarray(image[..., 0]).save(tmp_path / "a.png")
        assert torch.equal(classifier.preprocess(tmp_path / "a.png"), expected[place])
    shares = images.transpose(0, 3, 1, 2) / 255
    assert np.allclose(expected, (shares - digits.mean[0]) / digits.std[0], atol=1e-5)


def test_predictions_are_the_softmax_of_the_rebuilt_model(
    bundle: Path, classifier: Classifier, digits
) -> None:
    images, labels = digits.validation.read()
    description, model = rebuilt(Bundle(bundle))
    normal = (images.transpose(0, 3, 1, 2) / 255 - description.mean[0]) / description.std[0]
    with torch.no_grad():
        expected = model(torch.from_numpy(normal).float()).softmax(dim=1).numpy()
    said = classifier.predict(list(images))
    assert np.allclose([one.probabilities for one in said], expected, atol=1e-5)
    assert [one.label for one in said] == [description.classes[row] for row in expected.argmax(axis=1)]
    assert (
        np.mean([one.label == description.classes[label] for one, label in zip(said, labels, strict=True)])
        > 0.8
    )


def test_the_answer_does_not_depend_on_what_else_is_asked(
    classifier: Classifier, digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = list(digits.validation.read()[0][:10])
    together = classifier.predict(images)
    monkeypatch.setattr("search.training.at_once.PIXELS_AT_ONCE", 3 * 64)
    apart = classifier.predict([classifier.preprocess(image) for image in images])
    for one, other in zip(together, apart, strict=True):
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-6)
    assert classifier.predict([]) == []


class Limited(torch.nn.Module):
    """A linear layer behind which only ``most`` images have room."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.layer, self.most, self.asked = torch.nn.Linear(4, 2), most, list[int]()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.asked.append(len(images))
        if len(images) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        said: torch.Tensor = self.layer(images.flatten(1))
        return said


def limited(most: int) -> tuple[Limited, Classifier]:
    model = Limited(most)
    return model, Classifier(model, classes="ab", shape=(1, 2, 2), mean=(0.5,), std=(0.2,))


def test_images_that_do_not_fit_into_memory_together_are_computed_in_parts_from_there_on() -> None:
    model, classifier = limited(3)
    images = [np.full((2, 2), 20 * place, np.uint8) for place in range(10)]
    said = classifier.predict(images)
    assert model.asked == [10, 5, 2, 2, 2, 2, 2]
    again = classifier.predict(images[:4])
    assert model.asked[7:] == [2, 2]
    model.most = 10
    for one, alone in zip(said, map(classifier.predict, ([image] for image in images)), strict=True):
        assert one.probabilities == pytest.approx(alone[0].probabilities, abs=1e-6)
    assert [one.label for one in again] == [one.label for one in said[:4]]


def test_an_image_for_which_there_is_no_room_at_all_is_said_to_be_too_large() -> None:
    with pytest.raises(TooLarge, match="a batch of 1 image of 1×2×2 does not fit into the memory of cpu"):
        limited(0)[1].predict([np.zeros((2, 2), np.uint8)] * 2)


@given(st.floats(0.05, 20), st.integers(0, 1000))
def test_probabilities_sum_to_1_at_every_temperature_and_it_changes_no_class(
    temperature: float, seed: int
) -> None:
    head = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 5))
    shape = {"classes": "abcde", "shape": (1, 2, 2), "mean": (0.5,), "std": (0.2,)}
    image = np.random.default_rng(seed).integers(0, 256, (2, 2), dtype=np.uint8)
    (plain,), (scaled,) = (
        Classifier(head, **shape, temperature=t).predict([image]) for t in (1.0, temperature)
    )
    assert sum(scaled.probabilities) == pytest.approx(1, abs=1e-9)
    assert scaled.label == plain.label
    assert (scaled.probability >= plain.probability - 1e-9) == (
        temperature <= 1
    ) or temperature == pytest.approx(1)


def test_a_temperature_must_be_above_0(bundle: Path) -> None:
    for wrong in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="temperature > 0"):
            search.load(bundle, temperature=wrong)


def test_the_likeliest_come_first_and_of_equal_ones_the_first_class() -> None:
    said = Prediction("b", 0.4, (0.3, 0.4, 0.3), ("a", "b", "c"))
    assert said.top(2) == [("b", 0.4), ("a", 0.3)]
    assert len(said.top(9)) == 3


def test_it_is_a_plain_module(classifier: Classifier, digits) -> None:
    mine = copy.deepcopy(classifier)
    assert not mine.training
    loss = mine(mine.preprocess(digits.train.images[0])[None]).sum()
    loss.backward()
    assert all(parameter.grad is not None for parameter in mine.parameters())
    assert set(mine.state_dict()) == {f"model.{name}" for name in mine.model.state_dict()}
    assert mine.double().preprocess(digits.train.images[0]).shape == (1, 8, 8)


@pytest.mark.parametrize("name", readable())
def test_odd_images_are_classified(classifier: Classifier, name: str) -> None:
    (said,) = classifier.predict([readable()[name][0]])
    assert sum(said.probabilities) == pytest.approx(1)


@pytest.mark.parametrize("name", unreadable())
def test_what_is_no_image_is_refused(classifier: Classifier, name: str) -> None:
    with pytest.raises(UnreadableImage):
        classifier.predict([unreadable()[name]])


@pytest.fixture
def copied(bundle: Path, tmp_path: Path) -> Bundle:
    return Bundle(Path(shutil.copytree(bundle, tmp_path / "copy")))


def test_changed_weights_are_refused_unless_the_checksums_say_so(copied: Bundle) -> None:
    weights = load_file(copied.weights)
    save_file({name: tensor * 2 for name, tensor in weights.items()}, copied.weights)
    with pytest.raises(BundleError, match="is not the file that was exported"):
        search.load(copied.folder)
    write_checksums(copied)
    search.load(copied.folder)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "SHA256SUMS"])
def test_a_missing_file_is_named(copied: Bundle, name: str) -> None:
    (copied.folder / name).unlink()
    with pytest.raises(BundleError, match=name):
        search.load(copied.folder)


def test_checksums_that_leave_out_the_weights_are_no_proof(copied: Bundle) -> None:
    lines = copied.checksums.read_text().splitlines(keepends=True)
    copied.checksums.write_text("".join(line for line in lines if "model.safetensors" not in line))
    with pytest.raises(BundleError, match=r"does not name model\.safetensors"):
        search.load(copied.folder)


def test_a_project_without_ray_loads_explains_and_reads_recipes(bundle: Path, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", ALONE, str(bundle)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert ran.returncode == 0, ran.stderr


def test_a_single_path_is_no_list_and_a_missing_file_is_named(classifier: Classifier, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"a list of images is expected, but got str"):
        classifier.predict("seven.png")
    with pytest.raises(UnreadableImage, match=r"gone\.png: is not there"):
        classifier.predict([tmp_path / "gone.png"])
    with pytest.raises(UnreadableImage, match="image 1: is no image"):
        classifier.predict([np.zeros((8, 8), np.uint8), b"no image"])

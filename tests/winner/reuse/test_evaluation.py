"""How a model is judged: beside scikit-learn, on the very images that are named, with what they were to it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

from search.plan.trial_config import DataConfig
from search.training.data import load_data, load_test
from search.training.errors import DataError
from search.winner.bundle import Bundle
from search.winner.classifier import Classifier
from search.winner.description import Description
from search.winner.evaluation import NothingJudged, evaluate
from search.winner.judged import judged

DIGITS = DataConfig("digits", validation=0.2)


@pytest.fixture(scope="module")
def description(bundle: Path) -> Description:
    return Description.read(Bundle(bundle).config)


def folder_of(root: Path, split: str, *, classes: int = 10, each: int = 6) -> Path:
    """Write images of the digits as a folder of images."""
    found = {"validation": load_data(DIGITS).validation, "test": load_test(DIGITS)}[split]
    images, labels = found.read()
    for label in range(classes):
        place = root / str(label)
        place.mkdir(parents=True)
        for row in np.flatnonzero(labels == label)[:each]:
            Image.fromarray(images[row, ..., 0]).save(place / f"{row}.png")
    return root


def test_the_figures_are_scikit_learns(classifier: Classifier, description: Description) -> None:
    images, labels = load_test(DIGITS).read()
    found = evaluate(classifier, judged(description, "digits", split="test"))
    given = np.array([int(one.label) for one in classifier.predict(list(images))])
    assert found.images == len(labels)
    assert found.accuracy == pytest.approx(accuracy_score(labels, given))
    macro = precision_recall_fscore_support(labels, given, average="macro", zero_division=0)[:3]
    assert (found.precision, found.recall, found.f1) == pytest.approx(macro)
    assert np.array_equal(found.matrix, confusion_matrix(labels, given))
    each = precision_recall_fscore_support(labels, given, zero_division=0)
    assert np.allclose([found.scores.precision, found.scores.recall, found.scores.f1], each[:3])


def test_the_worst_are_the_wrong_ones_by_loss(classifier: Classifier, description: Description) -> None:
    found = evaluate(classifier, judged(description, "digits", split="all"))
    losses = [one.wrong.loss for one in found.worst]
    assert losses == sorted(losses, reverse=True)
    assert len(losses) == min(60, found.images - int(found.matrix.trace()))
    for one in found.worst[:3]:
        (said,) = classifier.predict([one.pixels])
        assert classifier.classes[one.wrong.predicted] == said.label != classifier.classes[one.wrong.label]
        assert one.wrong.probability == pytest.approx(said.probability, abs=1e-5)
        assert one.wrong.loss == pytest.approx(-np.log(said.probabilities[one.wrong.label]), abs=1e-3)


@pytest.mark.parametrize(
    ("split", "said"), [("train", "trained this model"), ("validation", "chose this model")]
)
def test_it_is_said_what_the_images_were_to_the_model(
    description: Description, split: str, said: str
) -> None:
    data = load_data(DIGITS)
    found = judged(description, "digits", split=split)
    (part,) = found.parts
    own = getattr(data, split)
    assert np.array_equal(part.labels, own.read()[1])
    assert np.array_equal(part.read(3), own.read()[0][3])
    assert said in found.notes[0]


def test_a_look_at_the_test_images_is_said_to_be_one(description: Description) -> None:
    (note,) = judged(description, "digits", split="test").notes
    assert "look at the 359 test images" in note


def test_all_images_are_those_of_every_split(description: Description) -> None:
    found = judged(description, "digits", split="all")
    assert found.split == "train + validation + test"
    assert sum(len(part.labels) for part in found.parts) == 1797
    assert len(found.notes) == 3


def test_a_temperature_is_fitted_on_the_models_own_validation_images(description: Description) -> None:
    held = judged(description, "digits", split="test").held_out
    assert held is not None
    assert np.array_equal(held.labels, load_data(DIGITS).validation.read()[1])
    assert judged(description, "digits", split="validation").held_out is None
    assert judged(description, "digits", split="all").held_out is None


def test_another_split_of_the_same_images_is_not_taken_for_the_models_own(description: Description) -> None:
    (member,) = description.members
    other = replace(member, config=replace(member.config, data=replace(DIGITS, split_seed=9)))
    found = judged(replace(description, members=(other,)), "digits")
    assert found.held_out is None
    assert "cannot be told" in found.notes[0]


def test_a_folder_is_judged_as_the_data_set_of_the_same_images(
    classifier: Classifier, description: Description, tmp_path: Path
) -> None:
    root = folder_of(tmp_path, "test", each=100)
    found = evaluate(classifier, judged(description, str(root)))
    expected = evaluate(classifier, judged(description, "digits", split="test"), fit=False)
    assert np.array_equal(found.matrix, expected.matrix)
    assert found.scaling.before.nll == pytest.approx(expected.scaling.before.nll, abs=1e-5)
    assert found.judged.split == "all"
    assert {one.name for one in found.worst} <= {str(p.relative_to(root)) for p in root.glob("*/*.png")}


def test_some_of_the_classes_are_enough_and_strange_ones_are_refused(
    description: Description, tmp_path: Path
) -> None:
    root = folder_of(tmp_path, "test", classes=3)
    (part,) = judged(description, str(root)).parts
    assert set(part.labels.tolist()) == {0, 1, 2}
    (root / "2").rename(root / "two")
    with pytest.raises(DataError, match="'two' of these images is unknown to the model"):
        judged(description, str(root))


def test_images_that_cannot_be_read_are_named_and_left_out(
    classifier: Classifier, description: Description, tmp_path: Path
) -> None:
    root = folder_of(tmp_path, "test", classes=2)
    (root / "1" / "0.png").write_bytes(b"none")
    found = evaluate(classifier, judged(description, str(root)))
    assert [(one.image, one.reason) for one in found.unreadable] == [("1/0.png", "is no image")]
    assert found.images == 12
    for path in root.glob("*/*.png"):
        path.write_bytes(b"")
    with pytest.raises(NothingJudged):
        evaluate(classifier, judged(description, str(root)))


def test_the_splits_of_a_folder_are_asked_for_by_name(description: Description, tmp_path: Path) -> None:
    folder_of(tmp_path / "train", "test", classes=2, each=3)
    folder_of(tmp_path / "val", "validation", classes=2, each=2)
    root = str(tmp_path)
    assert [len(part.labels) for part in judged(description, root).parts] == [4]
    assert [len(part.labels) for part in judged(description, root, split="all").parts] == [6, 4]
    with pytest.raises(DataError, match="has no test split"):
        judged(description, root, split="test")


@pytest.mark.parametrize("data", ["digitz", "/nowhere"])
def test_what_is_neither_a_folder_nor_a_data_set_is_refused(description: Description, data: str) -> None:
    with pytest.raises(DataError, match="neither a folder nor"):
        judged(description, data)


def test_a_model_of_a_folder_knows_its_own_images(tmp_path: Path) -> None:
    from tests.small_bundle import RECIPE  # noqa: PLC0415 (of this test alone)

    root = folder_of(tmp_path / "images", "test", classes=3, each=10)
    trained = RECIPE.train(root, epochs=1, validation=0.3, out=tmp_path / "new", device="cpu")
    own = Description.read(Bundle(tmp_path / "new").config)
    found = judged(own, str(root), split="validation")
    assert "chose this model" in found.notes[0]
    assert evaluate(trained.classifier, found).accuracy == pytest.approx(trained.accuracy)
    changed = Path(shutil.copytree(root, tmp_path / "changed"))
    shutil.copy(next((root / "1").glob("*.png")), changed / "0" / "more.png")
    assert "cannot be told" in judged(own, str(changed)).notes[0]


def test_the_progress_ends_at_the_number_of_images(classifier: Classifier, description: Description) -> None:
    told: list[tuple[int, int]] = []
    evaluate(classifier, judged(description, "digits", split="test"), tell=lambda *at: told.append(at))
    assert told[-1] == (359 + 288, 359 + 288)

"""A recipe on other images: it is the training that `fit` does, and what it leaves is a bundle like any other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import search
from search.runs.interval import wilson
from search.training.data import load_data
from search.training.errors import DataError, SettingsError
from search.training.fit import fit
from search.winner.bundle import Bundle, BundleError
from search.winner.description import Description
from search.winner.trainable import TrainableRecipe
from tests.small_bundle import RECIPE


def test_the_recipe_of_a_bundle_is_that_of_its_yaml(bundle: Path) -> None:
    found = search.load_recipe(bundle)
    assert search.load_recipe(bundle / "recipe.yaml") == found
    assert found.config == RECIPE.config


def test_it_is_the_training_that_fit_does() -> None:
    told = []
    found = RECIPE.train("digits", epochs=2, seed=5, tell=told.append, device="cpu")
    config = replace(RECIPE.config, epochs=2, seed=5)
    with fit(config, load_data(config.data), device="cpu") as training:
        expected = list(training)
        weights = training.weights()
    assert [one.metrics["val/accuracy"] for one in told] == [one.metrics["val/accuracy"] for one in expected]
    assert (found.history, found.config) == (tuple(told), config)
    assert all(
        (found.classifier.model.state_dict()[name] == tensor).all() for name, tensor in weights.items()
    )
    assert (found.accuracy, found.images) == (expected[-1].metrics["val/accuracy"], 288)
    assert found.interval == wilson(found.accuracy, 288)


def test_what_it_writes_is_loaded_as_any_bundle_and_says_the_same(tmp_path: Path) -> None:
    found = RECIPE.train("digits", epochs=1, out=tmp_path / "new", device="cpu")
    images = list(load_data(found.config.data).validation.read()[0][:20])
    assert search.load(tmp_path / "new").predict(images) == found.classifier.predict(images)
    assert search.load_recipe(tmp_path / "new").config == found.config
    with pytest.raises(BundleError, match="is there already"):
        RECIPE.train("digits", epochs=1, out=tmp_path / "new")


def test_where_patience_ends_the_training_the_bundle_names_that_epoch(tmp_path: Path) -> None:
    """Nothing changes at a rate of 0, so no epoch is better than the first."""
    still = {**RECIPE.config.settings, "learning_rate": 0.0, "weight_decay": 0.0, "patience": 1}
    recipe = TrainableRecipe(replace(RECIPE.config, settings={**still, "batch_norm": False}))
    found = recipe.train("digits", epochs=9, out=tmp_path / "new", device="cpu")
    (member,) = Description.read(Bundle(tmp_path / "new").config).members
    assert (member.epoch, len(found.history)) == (2, 2)


def test_arrays_and_folders_are_trained_on(tmp_path: Path) -> None:
    bunch = load_digits()
    images, labels = (bunch.images * 15).astype(np.uint8), bunch.target
    names = np.array([f"digit {label}" for label in labels])
    arrays = RECIPE.train((images, names), epochs=3, device="cpu")
    assert arrays.classifier.classes[:2] == ("digit 0", "digit 1")
    assert arrays.accuracy > 0.8
    for label in range(3):
        (tmp_path / f"digit {label}").mkdir()
        for place in np.flatnonzero(labels == label)[:30]:
            Image.fromarray(images[place]).save(tmp_path / f"digit {label}" / f"{place}.png")
    folder = RECIPE.train(str(tmp_path), epochs=1, validation=0.5, device="cpu")
    assert (folder.images, folder.classifier.classes) == (45, ("digit 0", "digit 1", "digit 2"))
    assert folder.config.data.name == "image_folder"


def test_other_sizes_are_asked_for() -> None:
    assert RECIPE.train("digits", epochs=1, size=12, device="cpu").classifier.shape == (1, 12, 12)


@pytest.mark.parametrize(
    ("data", "options", "error", "said"),
    [
        ("digitz", {}, DataError, "did you mean 'digits'"),
        (Path("/nowhere"), {}, DataError, "neither a folder nor the name"),
        ("digits", {"epochs": 0}, SettingsError, "epochs >= 1"),
        ("digits", {"validation": 1.5}, DataError, "between 0 and 1"),
    ],
)
def test_what_cannot_be_trained_is_said_before_it_is_tried(
    data: str | Path, options: dict[str, object], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        RECIPE.train(data, **options)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("format: 1\n", "is no recipe"),
        ("- 1\n", "a mapping is expected"),
        ("a: [\n", "expected"),
        ("a: 1\na: 2\n", "a"),
    ],
)
def test_a_damaged_recipe_is_told_from_a_whole_one(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=said):
        search.load_recipe(path)


def test_a_folder_that_is_no_bundle_has_no_recipe(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"config\.json"):
        search.load_recipe(tmp_path)


def test_a_setting_that_is_none_is_refused() -> None:
    broken = TrainableRecipe(replace(RECIPE.config, settings={**RECIPE.config.settings, "widht": 3}))
    with pytest.raises(SettingsError, match="widht"):
        broken.train("digits", epochs=1)

"""Presets: named defaults, of which each setting can still be changed."""

from __future__ import annotations

import pytest

from search.training.augmentations import augmentations, pipeline, presets
from search.training.errors import SettingsError
from search.training.parts import Parts
from search.training.vocabulary import vocabulary


@pytest.mark.parametrize("name", presets)
def test_a_preset_names_settings_that_exist_with_values_that_they_allow(name: str) -> None:
    complete = Parts.of({"augmentation": name}).settings
    for setting, value in presets[name].items():
        assert complete[f"augmentation.{setting}"] == value


@pytest.mark.parametrize("name", presets)
def test_what_a_preset_does_not_name_is_off(name: str) -> None:
    on = {
        entry.name
        for entry in augmentations
        if Parts.of({"augmentation": name}).settings[f"augmentation.{entry.name}"]
    }
    assert on == presets[name].keys() & set(augmentations.names())


def test_none_leaves_no_settings_and_no_augmentation() -> None:
    settings = Parts.of({"augmentation": "none", "augmentation.crop": 4}).settings
    assert not [name for name in settings if name.startswith("augmentation.")]
    assert pipeline(settings).parts == ()


def test_a_setting_beside_a_preset_counts() -> None:
    settings = Parts.of(
        {"augmentation": "cifar", "augmentation.cutout": 0, "augmentation.rotation": 5}
    ).settings
    assert settings["augmentation.cutout"] == 0
    assert settings["augmentation.rotation"] == 5.0
    assert settings["augmentation.crop"] == 4


def test_a_space_without_a_preset_is_as_it_was() -> None:
    assert vocabulary().complete({"augmentation.crop": 2})["augmentation"] == "custom"


def test_an_unknown_preset_is_refused_with_all_that_there_are() -> None:
    with pytest.raises(SettingsError, match="augmentation is 'cifr', expected one of none, custom, standard"):
        Parts.of({"augmentation": "cifr"})

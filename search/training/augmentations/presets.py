"""Named sets of augmentation settings: ``augmentation: cifar``.

A preset is nothing but other defaults: every setting can still be named beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from search.plan.registry import settings_of
from search.plan.trial_config import Value
from search.plan.vocabulary import CUSTOM, Setting
from search.training.augmentations.registry import PREFIX, Outside, augmentations

SELECTOR = PREFIX.removesuffix(".")
"""The setting that chooses a preset."""

NONE = "none"

presets: dict[str, Mapping[str, Value]] = {
    CUSTOM: {},
    # He et al. 2016, section 4.2
    "standard": {"crop": 4, "flip": True},
    # the same with cutout, DeVries and Taylor 2017
    "cifar": {"crop": 4, "flip": True, "cutout": 16},
    # Keras' ImageDataGenerator as it is used on MNIST; digits must not be flipped
    "mnist": {"rotation": 10.0, "horizontal_shift": 0.1, "vertical_shift": 0.1, "zoom": 0.1},
    # Szegedy et al. 2015, as in torchvision's reference training
    "imagenet": {"resized_crop": 0.08, "flip": True},
    # Müller and Hutter 2021, on CIFAR
    "trivial": {"crop": 4, "flip": True, "trivial_augment": True, "cutout": 16},
    # Cubuk et al. 2020
    "rand": {"crop": 4, "flip": True, "rand_augment": 2, "rand_augment_magnitude": 9},
    # Cubuk et al. 2019, on CIFAR-10
    "auto": {"crop": 4, "flip": True, "auto_augment": "cifar10", "cutout": 16},
}
"""Settings by preset; what a preset does not name keeps its own default. Under ``none`` no setting applies at all."""


def preset_settings() -> tuple[Setting, ...]:
    """Return the choice of a preset, and every augmentation's settings with their defaults under each preset."""
    choice = Setting(SELECTOR, "choice", CUSTOM, "a set of augmentation settings", choices=(NONE, *presets))
    registered = [setting for entry in augmentations for setting in entry.settings]
    return (
        choice,
        *(each for setting in (*registered, *settings_of(Outside)) for each in _by_preset(setting)),
    )


def _by_preset(setting: Setting) -> list[Setting]:
    """Return a setting once for each of its defaults, with the presets that it is the default of."""
    owners: dict[Value, list[str]] = {}
    for preset, values in presets.items():
        owners.setdefault(values.get(setting.name, setting.default), []).append(preset)
    return [
        replace(setting, name=PREFIX + setting.name, default=default, applies={SELECTOR: tuple(names)})
        for default, names in owners.items()
    ]

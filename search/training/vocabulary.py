"""All the words of a space, read off the registries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from search.plan.registry import Registry, settings_of
from search.plan.vocabulary import Setting, Vocabulary
from search.training.architectures import architectures
from search.training.augmentations import preset_settings
from search.training.data import datasets
from search.training.losses import losses
from search.training.optimizers import optimizers
from search.training.recipe import Recipe
from search.training.schedules import schedules
from search.training.transfer import transfer_settings

SELECTORS: dict[str, tuple[Registry[Any], str]] = {
    "architecture": (architectures, "cnn"),
    "optimizer": (optimizers, "sgd"),
    "schedule": (schedules, "cosine"),
    "loss": (losses, "cross_entropy"),
}
"""Each choice of a part: its registry, and the part that is taken where none is named."""


def vocabulary() -> Vocabulary:
    """Return every setting and data set that is registered now, so call it after plugins were imported.

    Returns:
        Selectors first, then the settings of their parts with the choices that they apply to, then those of
        the recipe and of the augmentations.

    Raises:
        ValueError: parts of two kinds have a setting of the same name, so that a value would be ambiguous.
    """
    parts = {name: _part_settings(name, registry) for name, (registry, _) in SELECTORS.items()}
    groups = {
        "selector": _selectors(),
        **parts,
        "recipe": list(settings_of(Recipe)),
        "transfer": transfer_settings(),
        "augmentation": list(preset_settings()),
    }
    _refuse_shared_names(groups)
    return Vocabulary(tuple(s for group in groups.values() for s in group), datasets.names())


def _selectors() -> list[Setting]:
    return [
        Setting(
            name,
            "choice",
            default,
            f"which {registry.kind}",
            choices=registry.names(),
            namespaces=tuple(registry.namespaces()),
        )
        for name, (registry, default) in SELECTORS.items()
    ]


def _part_settings(selector: str, registry: Registry[Any]) -> list[Setting]:
    """Return the settings of all parts; equal ones are one, which applies to all those parts."""
    distinct: list[Setting] = []
    owners: list[list[str]] = []
    namespaces = [replace(entry, name=n.pattern) for n, entry in registry.namespaces().items()]
    for entry in (*registry, *namespaces):
        for setting in entry.settings:
            if setting not in distinct:
                distinct.append(setting)
                owners.append([])
            owners[distinct.index(setting)].append(entry.name)
    return [replace(s, applies={selector: tuple(names)}) for s, names in zip(distinct, owners, strict=True)]


def _refuse_shared_names(groups: Mapping[str, list[Setting]]) -> None:
    owner: dict[str, str] = {}
    for group, settings in groups.items():
        for name in {setting.name for setting in settings}:
            if owner.setdefault(name, group) != group:
                raise ValueError(
                    f"the setting {name!r} belongs to an {owner[name]} and to a {group}; rename one"
                )

"""docs/recipe.md names every setting that it is about, with its default."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.plan.registry import Registry, settings_of
from search.plan.vocabulary import Setting
from search.training.losses import losses
from search.training.optimizers import optimizers
from search.training.recipe import Recipe
from search.training.schedules import schedules

PAGE = (Path(__file__).parents[2] / "docs" / "recipe.md").read_text(encoding="utf-8")
NUMBER = {1e4: "10,000", 1e-4: "1e-4", 5e-4: "5e-4"}


def row(name: str) -> str:
    """Return the row of a table whose first column has that name."""
    found = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}`")]
    assert len(found) == 1, name
    return found[0]


def written(setting: Setting) -> str:
    default = setting.default
    if isinstance(default, bool) or not isinstance(default, int | float):
        return str(default).lower()
    return NUMBER.get(default, f"{default:g}")


@pytest.mark.parametrize("registry", [optimizers, schedules, losses], ids=lambda registry: registry.kind)
def test_every_part_has_a_row_with_its_settings(registry: Registry[object]) -> None:  # type: ignore[type-var]
    for entry in registry:
        for setting in entry.settings:
            if setting.name == "label_smoothing":  # stands above the table
                continue
            if setting.name == "weight_decay":
                assert f", {written(setting)} |" in row(entry.name), entry.name
            else:
                assert f"`{setting.name}` {written(setting)}" in row(entry.name), (entry.name, setting.name)


def test_every_setting_of_the_recipe_has_a_row_with_its_default() -> None:
    for setting in settings_of(Recipe):
        default = row(setting.name).split("|")[3]
        assert written(setting) in default.replace("`", ""), setting.name

"""docs/augmentation.md names every setting and preset."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.training.augmentations import preset_settings
from search.training.augmentations.presets import NONE, presets

PAGE = (Path(__file__).parents[3] / "docs" / "augmentation.md").read_text()


@pytest.mark.parametrize("name", sorted({setting.name for setting in preset_settings()} - {"augmentation"}))
def test_a_settings_row_is_in_the_page(name: str) -> None:
    assert f"| `{name.removeprefix('augmentation.')}` |" in PAGE


@pytest.mark.parametrize("name", [NONE, *presets])
def test_a_presets_row_is_in_the_page(name: str) -> None:
    assert f"| `{name}` |" in PAGE

"""docs/architectures.md says of every architecture what the registry says."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from search.training.architectures import architectures
from search.training.errors import SettingsError
from tests.training.architectures.families import every_architecture

PAGE = Path(__file__).parents[3] / "docs" / "architectures.md"


def table() -> dict[str, list[str]]:
    """Return the cells behind each name of the first table."""
    lines = PAGE.read_text(encoding="utf-8").split("\n\n")[2].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {name.strip("`"): cells for name, *cells in rows}


def last_layers() -> list[str]:
    """Return the names in the second column of the table of last layers."""
    section = PAGE.read_text(encoding="utf-8").partition("| family | last layer |")[2].partition("\n\n")[0]
    return [line.strip("| ").rpartition("| ")[2].strip("`") for line in section.splitlines()[2:]]


def test_the_page_names_every_architecture_with_its_settings_and_weights() -> None:
    said = {name: (cells[2], cells[3]) for name, cells in table().items()}
    assert said == {
        entry.name: (", ".join(setting.name for setting in entry.settings), entry.weights or "")
        for entry in map(architectures.__getitem__, architectures.names())
        if entry.build.__module__.startswith("search.")  # another test may have a plugin's
    }


@pytest.mark.parametrize("name", every_architecture())
def test_the_page_says_the_parameters(name: str) -> None:
    with torch.device("meta"):
        model = architectures[name].build((3, 224, 224), 1000)
    assert table()[name][0] == f"{sum(parameter.numel() for parameter in model.parameters()):,}"


@pytest.mark.parametrize("name", every_architecture())
def test_the_published_form_takes_the_side_in_parentheses_and_no_smaller_one(name: str) -> None:
    side = table()[name][1]
    if side == "8":
        pytest.skip("both forms take 8 pixels")
    least = int(side.partition("(")[2].strip(")"))
    published: dict[str, object] = {"patch_size": 4} if name.startswith("convnext") else {"stem": "imagenet"}
    with torch.device("meta"):
        model = architectures[name].build((3, least, least), 5, **published).eval()
        assert model(torch.zeros(2, 3, least, least)).shape == (2, 5)
        with pytest.raises(SettingsError, match=f"set data.size to {least} or more"):
            architectures[name].build((3, least - 1, least), 5, **published)


@pytest.mark.parametrize("name", every_architecture())
def test_the_last_layer_is_called_as_the_page_says(name: str) -> None:
    if architectures[name].weights is None:
        pytest.skip("torchvision has no weights of it")
    with torch.device("meta"):
        model = architectures[name].build((3, 96, 96), 7)
    last = [n for n, m in model.named_modules() if isinstance(m, nn.Linear) and m.out_features == 7]
    assert len(last) == 1
    assert last[0] in last_layers()

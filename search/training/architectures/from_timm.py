"""Every architecture of timm (Wightman 2019, "PyTorch image models"), as ``timm/<name>``, with the extra [timm]."""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import nn

from search.training.architectures.head import Dropout
from search.training.architectures.registry import architectures, check_shape
from search.training.errors import SettingsError

PREFIX = "timm/"
INSTALL = "timm to be installed: `pip install 'winnow-search[timm]'`"

_REGISTERED = re.compile(r"^@register_model\n(?:@.*\n)*def (\w+)\(", re.MULTILINE)


@cache
def timm_names() -> tuple[str, ...]:
    """Return the names of timm's architectures with their prefix, none where timm is not installed.

    They are read off its source: to import it takes seconds, which a look at a space should not.
    """
    spec = find_spec("timm")
    folders = (spec.submodule_search_locations if spec else None) or ()
    files = [file for folder in folders for file in Path(folder, "models").glob("*.py")]
    found = [name for file in files for name in _REGISTERED.findall(file.read_text(encoding="utf-8"))]
    return tuple(sorted(f"{PREFIX}{name}" for name in found))


@architectures.register_library(PREFIX, names=timm_names, install=INSTALL)
def from_timm(name: str, shape: tuple[int, int, int], classes: int, *, dropout: Dropout = 0.0) -> nn.Module:
    """Build an architecture of timm.

    Args:
        name: with its prefix.
        shape: (channels, height, width) of an image; architectures that know one size are built for this one.
        classes: the number of logits.
        dropout: share of features dropped before the last layer, as `drop_rate` of timm.

    Returns:
        A module from (N, C, H, W) to logits (N, classes).

    Raises:
        SettingsError: images or dropout that it cannot take.
    """
    check_shape(name, shape)
    if refusal := _refusal(name, shape, dropout > 0):
        raise SettingsError(refusal)
    return _create(name, shape, num_classes=classes, **({"drop_rate": dropout} if dropout > 0 else {}))


def _create(name: str, shape: tuple[int, int, int], **settings: Any) -> nn.Module:
    # Late: an extra, and it takes seconds to import.
    import timm  # type: ignore[import-not-found,import-untyped,unused-ignore]  # noqa: PLC0415

    published = timm.get_pretrained_cfg(name.removeprefix(PREFIX))
    if published is not None and published.fixed_input_size:
        settings["img_size"] = shape[1:]
    model: nn.Module = timm.create_model(name.removeprefix(PREFIX), in_chans=shape[0], **settings)
    return model


@cache
def _refusal(name: str, shape: tuple[int, int, int], drops: bool) -> str:
    """Return why an architecture cannot take such images, or nothing: it is tried once, on the meta device."""
    try:
        with torch.random.fork_rng(devices=[]), torch.device("meta"), torch.no_grad():
            model = _create(name, shape, num_classes=2, **({"drop_rate": 0.5} if drops else {})).eval()
            model(torch.zeros(1, *shape))
    except Exception as error:
        size = "×".join(map(str, shape))
        reason = " ".join(str(error).split())
        return (
            f"{name} cannot be built for images of {size}{' with dropout' if drops else ''} ({reason}); "
            "set data.size to the size that it was published for, most often 224"
        )
    return ""

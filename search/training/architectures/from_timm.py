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
    if refusal := _refusal(name, shape, dropout):
        raise SettingsError(refusal)
    return _create(name, shape, classes, dropout)


def _create(name: str, shape: tuple[int, int, int], classes: int, dropout: float) -> nn.Module:
    # Late: an extra, and it takes seconds to import.
    import timm  # type: ignore[import-not-found,import-untyped,unused-ignore]  # noqa: PLC0415

    settings: dict[str, Any] = {"drop_rate": dropout} if dropout > 0 else {}  # some know no dropout
    if _published(name).fixed_input_size:
        settings["img_size"] = shape[1:]
    model: nn.Module = timm.create_model(
        name.removeprefix(PREFIX), num_classes=classes, in_chans=shape[0], **settings
    )
    return model


def _published(name: str) -> Any:
    """Return timm's record of an architecture as it was published: the size of its images and more."""
    from timm.models import PretrainedCfg, get_pretrained_cfg  # type: ignore[import-not-found,import-untyped,unused-ignore]  # noqa: PLC0415 # fmt: skip

    return get_pretrained_cfg(name.removeprefix(PREFIX)) or PretrainedCfg()


@cache
def _refusal(name: str, shape: tuple[int, int, int], dropout: float) -> str:
    """Return why an architecture cannot take such images, or nothing: it is tried once, on the meta device."""
    try:
        with torch.random.fork_rng(devices=[]), torch.device("meta"), torch.no_grad():
            _create(name, shape, 2, dropout).eval()(torch.zeros(1, *shape))
    except Exception as error:
        dropping = " with dropout" if dropout > 0 else ""
        return (
            f"{name} cannot be built for images of {'×'.join(map(str, shape))}{dropping}: "
            f"{' '.join(str(error).split())}; it was published for data.size {_published(name).input_size[-1]}"
        )
    return ""

"""The settings of transfer learning; all but `pretrained` matter only where it is true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal, Self

from search.plan.registry import Doc, FilePath, Range, settings_of
from search.plan.trial_config import Value
from search.plan.vocabulary import Setting

TRANSFER = "pretrained"
"""The setting that turns it on."""

PUBLISHED = "published"

Freeze = Literal["none", "head", "last_block", "gradual"]


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """With which weights a network begins, and which of them go on learning.

    ``weights`` is ``published``, those of torchvision or timm, or the path of a file: a state dict (.pt, .pth,
    .safetensors), a checkpoint that holds one, or the folder of a bundle. ``input_size`` is to which size images are
    brought on the device: that of the published ``weights``, or none but the ``images``' own. ``freeze`` says what
    never learns: nothing, all but the ``head``, all but head and ``last_block``; with ``gradual`` the head learns
    first, and every ``unfreeze_every`` epochs the next block towards the input joins in (Howard and Ruder 2018,
    "ULMFiT", one an epoch). ``layer_decay`` is the learning rate of each block beside that of the next one towards the
    head: 1 for none, 0.38 in ULMFiT, 0.65 to 0.9 in BEiT (Bao et al. 2022).
    """

    weights: Annotated[str, FilePath("what the network begins with")] = PUBLISHED
    input_size: Annotated[
        Literal["weights", "images"], Doc("bring images to the size of the weights, or leave them theirs")
    ] = "weights"
    freeze: Annotated[
        Freeze, Doc("what learns: all, the head alone, head and last block, or block by block")
    ] = "none"
    unfreeze_every: Annotated[int, Range(1, 1000, "epochs from one block's unfreezing to the next one's")] = 1
    layer_decay: Annotated[
        float, Range(0.01, 1, "learning rate of a block beside the next one towards the head")
    ] = 1.0

    @classmethod
    def of(cls, settings: Mapping[str, Value]) -> Self | None:
        """Return a complete trial's, None where it begins with random weights."""
        if not settings.get(TRANSFER, False):
            return None
        names = [setting.name for setting in settings_of(cls) if setting.name in settings]
        return cls(**{name: settings[name] for name in names})  # type: ignore[arg-type]


def transfer_settings() -> list[Setting]:
    """Return the words that a space may use, each with what it depends on."""
    doc = "begin with weights that were trained on other images"
    on: dict[str, tuple[Value, ...]] = {TRANSFER: (True,)}
    applies = {"unfreeze_every": {**on, "freeze": ("gradual",)}}
    own = [replace(setting, applies=applies.get(setting.name, on)) for setting in settings_of(Transfer)]
    return [Setting(TRANSFER, "bool", False, doc), *own]

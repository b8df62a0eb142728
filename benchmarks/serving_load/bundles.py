"""A bundle with random weights: for what a server does, and how long that takes, they are as good as trained ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import torch
from safetensors.torch import save_file

from search.plan.trial_config import DataConfig, TrialConfig
from search.runs.layout import write_text
from search.training.parts import Parts
from search.winner.bundle import Bundle, write_checksums
from search.winner.description import Description, Member
from search.winner.formats import formats


def random_bundle(
    folder: Path,
    settings: dict[str, Any],
    shape: tuple[int, int, int],
    classes: int = 10,
    *,
    onnx: bool = True,
) -> Bundle:
    """Write one.

    Args:
        folder: made where it is not there.
        settings: of the model, such as ``{"architecture": "resnet18"}``.
        shape: (C, H, W) of an image.
        classes: their number.
        onnx: whether it has model.onnx.
    """
    folder.mkdir(parents=True, exist_ok=True)
    bundle = Bundle(folder)
    torch.manual_seed(0)
    model = Parts.of(settings).model(shape, classes)
    config = TrialConfig(settings, DataConfig("digits"), epochs=1)
    channels = shape[0]
    description = Description(
        members=(Member(config, trial=0, epoch=1),),
        classes=tuple(f"class {place}" for place in range(classes)),
        shape=shape,
        mean=(0.5,) * channels,
        std=(0.25,) * channels,
        run="random",
    )
    write_text(bundle.config, description.to_json())
    save_file(model.state_dict(), bundle.weights)
    if onnx:
        formats["onnx"].build().write(cast("Any", None), bundle)  # it reads what was just written
    write_checksums(bundle)
    return bundle

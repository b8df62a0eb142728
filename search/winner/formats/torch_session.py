"""A torch module as a session: arrays in, arrays out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from search.winner.formats.registry import Session


def torch_session(model: nn.Module) -> Session:
    """Return a function from images (N, C, H, W) to logits (N, classes) in float32.

    Args:
        model: from one tensor to another, in evaluation mode, on the CPU.
    """

    def run(images: npt.NDArray[Any]) -> npt.NDArray[Any]:
        with torch.inference_mode():
            logits: npt.NDArray[np.float32] = model(torch.from_numpy(images)).numpy()
        return logits

    return run

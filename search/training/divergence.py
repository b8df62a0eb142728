"""Looks at the losses of an epoch while it is trained, and ends it where one is no longer finite."""

from __future__ import annotations

import math

from torch import Tensor

from search.training.errors import Diverged

GPU_CHECK = 32
"""Batches between two looks at the losses on a GPU: a look waits for the device, and one in 32 steps is lost
in the noise. On the CPU a loss is there when its step is, so each one is looked at."""


def refuse_divergence(losses: Tensor, index: int, *, epoch: int) -> None:
    """Look at the loss of a batch; on a GPU only now and then, at all since the last look.

    Args:
        losses: (batches,) of an epoch, on the device.
        index: of the batch that has just been trained, from 0.
        epoch: from 1.

    Raises:
        Diverged: one is NaN or infinite.
    """
    last = index + 1 == len(losses)
    interval = 1 if losses.device.type == "cpu" else GPU_CHECK
    if not last and (index + 1) % interval:
        return
    first = index - index % interval
    recent = losses[first : index + 1].tolist()
    for batch, loss in enumerate(recent, start=first + 1):
        if not math.isfinite(loss):
            raise Diverged(epoch, batch, f"the training loss is {loss} in batch {batch} of epoch {epoch}")

"""One pass over the validation split: logits, loss and scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from search.training.data.batches import Batches
from search.training.devices import autocast
from search.training.metrics import confusion_matrix, scores

PIXELS_AT_ONCE = 2**20
"""1,024 images of 32×32, 20 of 224×224: without gradients, less than a training step holds."""


@dataclass(frozen=True)
class Evaluation:
    """``metrics`` are named ``val/…``; ``logits`` (N, classes) float32 on the CPU, in the rows' order."""

    metrics: dict[str, float]
    logits: Tensor


def evaluate(
    model: nn.Module,
    source: Batches,
    rows: Tensor,
    *,
    normalize: Callable[[Tensor], Tensor],
    dtype: torch.dtype,
) -> Evaluation:
    """Evaluate a model on some rows of a source.

    Args:
        model: from normalised images to logits; left in evaluation mode.
        source: the images, on their way to the device.
        rows: (N,) int64 at the source's `home`.
        normalize: from uint8 images to what the model sees.
        dtype: in which matrix products are computed.

    Returns:
        The logits, and cross-entropy, accuracy, macro precision, recall and F1.
    """
    model.eval()
    batch = max(1, PIXELS_AT_ONCE // (source.shape[0] * source.shape[1]))
    parts: tuple[Tensor, ...] = rows.split(batch)  # type: ignore[no-untyped-call]
    with torch.inference_mode(), autocast(source.device, dtype), source.batches(parts) as batches:
        outputs = [model(normalize(images)).float() for images, _ in batches]
    logits = torch.cat(outputs)
    labels = source.labels[rows].to(logits.device)
    loss = nn.functional.cross_entropy(logits, labels)
    metrics = {"loss": float(loss), **scores(confusion_matrix(logits, labels))}
    return Evaluation({f"val/{name}": value for name, value in metrics.items()}, logits.cpu())

"""One pass over the validation split: logits, loss and scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from search.training.at_once import images_at_once
from search.training.data.batches import Batches
from search.training.devices import autocast
from search.training.metrics import confusion_matrix, scores
from search.training.room import as_many_as_fit
from search.training.team import ALONE, Team


@dataclass(frozen=True)
class Evaluation:
    """``metrics`` are named ``val/…``; ``logits`` (N, classes) float32 on the CPU, in the rows' order.

    ``at_once`` is how many images were in memory at a time since more did not fit; None: as many as were wanted.
    """

    metrics: dict[str, float]
    logits: Tensor
    at_once: int | None = None


def evaluate(
    model: nn.Module,
    source: Batches,
    rows: Tensor,
    *,
    normalize: Callable[[Tensor], Tensor],
    dtype: torch.dtype,
    at_once: int | None = None,
    team: Team = ALONE,
) -> Evaluation:
    """Evaluate a model on some rows of a source.

    Args:
        model: from normalised images to logits; left in evaluation mode.
        source: the images, on their way to the device.
        rows: (N,) int64 at the source's `home`.
        normalize: from uint8 images to what the model sees.
        dtype: in which matrix products are computed.
        at_once: images in memory at a time, at most; half of them, and again, where they do not fit. None: as many as
            `images_at_once` says.
        team: whose processes share the rows and all get the same evaluation.

    Returns:
        The logits, and cross-entropy, accuracy, macro precision, recall and F1.

    Raises:
        TooLarge: not even one image fits into memory.
    """
    model.eval()
    height, width, channels = source.shape
    size = at_once or images_at_once(height, width)
    shard = team.shard(len(rows))
    own = rows[shard.rows]
    with torch.inference_mode(), autocast(source.device, dtype):
        logits, fitted = as_many_as_fit(
            lambda at_once: _logits(model, source, own.split(at_once), normalize),  # type: ignore[no-untyped-call]
            len(own),
            at_once=size,
            shape=(channels, height, width),
            device=source.device,
        )
    logits = team.gathered(logits, shard)
    labels = source.labels[rows].to(logits.device)
    loss = nn.functional.cross_entropy(logits, labels)
    metrics = {"loss": float(loss), **scores(confusion_matrix(logits, labels))}
    return Evaluation(
        {f"val/{name}": value for name, value in metrics.items()},
        logits.cpu(),
        at_once if fitted == size else fitted,
    )


def _logits(
    model: nn.Module, source: Batches, parts: Sequence[Tensor], normalize: Callable[[Tensor], Tensor]
) -> Tensor:
    """Return the logits of all rows, a part of them at a time."""
    with source.batches(parts) as batches:
        return torch.cat([model(normalize(images)).float() for images, _ in batches])

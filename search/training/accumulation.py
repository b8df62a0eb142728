"""A batch's gradient in several parts, so that a batch may be larger than memory."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from search.training.team import Shard

Forward = Callable[[slice | None], tuple[Tensor, Tensor]]
"""From some rows of a shard, None for all, to their mean loss and how many of them were classified rightly."""


def gradient(forward: Forward, shard: Shard, *, parts: int, least: int = 2) -> tuple[Tensor, Tensor]:
    """Add a shard's part in the gradient of a batch's mean loss to the parameters', part by part.

    The sum of the parts' gradients, each by its share of the images, is the whole batch's. Batch norm alone sees parts:
    its means are those of a part.

    Args:
        forward: computes a part.
        shard: what this process has of the batch.
        parts: into how many it is cut; fewer where a part would be smaller than ``least``.
        least: images of a part, see `smallest_part`.

    Returns:
        The shard's part in the mean loss of the batch, and its hits, without gradient.
    """
    count = cuts(shard, parts, least)
    if count == 1:
        return _of_part(forward, None, shard.weight(shard.images))
    slices = _rows(shard.images, count)
    done = [_of_part(forward, rows, shard.weight(rows.stop - rows.start)) for rows in slices]
    return torch.stack([loss for loss, _ in done]).sum(), torch.stack([hits for _, hits in done]).sum()


def cuts(shard: Shard, parts: int, least: int) -> int:
    """Return into how many parts each process cuts its shard: as many as wanted, each of ``least`` images or more."""
    return max(1, min(parts, shard.smallest // least))


def smallest_part(model: nn.Module) -> int:
    """Return how many images a model needs at once in training: one has no deviation, so batch norm refuses it."""
    norms = (nn.modules.batchnorm._BatchNorm, nn.modules.batchnorm._LazyNormBase)
    return 2 if any(isinstance(module, norms) for module in model.modules()) else 1


def _rows(images: int, count: int) -> list[slice]:
    parts = torch.arange(images).tensor_split(count)
    return [slice(int(part[0]), int(part[-1]) + 1) for part in parts]


def _of_part(forward: Forward, rows: slice | None, weight: float) -> tuple[Tensor, Tensor]:
    loss, hits = forward(rows)
    if weight < 1.0:  # a whole batch needs no kernel for it
        loss = loss * weight
    loss.backward()  # type: ignore[no-untyped-call]
    return loss.detach(), hits

"""A batch's gradient in several parts, so that a batch may be larger than memory."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

Forward = Callable[[slice | None], tuple[Tensor, Tensor]]
"""From some rows of a batch, None for all, to their mean loss and how many of them were classified rightly."""


def gradient(forward: Forward, images: int, *, parts: int, least: int = 2) -> tuple[Tensor, Tensor]:
    """Add the gradient of a batch's mean loss to the parameters', part by part.

    The sum of the parts' gradients, each by its share of the images, is the whole batch's. Batch norm alone sees parts:
    its means are those of a part.

    Args:
        forward: computes a part.
        images: of the batch.
        parts: into how many the batch is cut; fewer where a part would be smaller than ``least``.
        least: images of a part, see `smallest_part`.

    Returns:
        The mean loss of the batch and its hits, without gradient.
    """
    count = cuts(images, parts, least)
    if count == 1:
        loss, hits = forward(None)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach(), hits
    done = [_of_part(forward, rows, images) for rows in _rows(images, count)]
    return torch.stack([loss for loss, _ in done]).sum(), torch.stack([hits for _, hits in done]).sum()


def cuts(images: int, parts: int, least: int) -> int:
    """Return into how many parts a batch is cut: so many as are wanted, and each of ``least`` images or more."""
    return max(1, min(parts, images // least))


def smallest_part(model: nn.Module) -> int:
    """Return how many images a model needs at once in training: one has no deviation, so batch norm refuses it."""
    norms = (nn.modules.batchnorm._BatchNorm, nn.modules.batchnorm._LazyNormBase)
    return 2 if any(isinstance(module, norms) for module in model.modules()) else 1


def _rows(images: int, count: int) -> list[slice]:
    parts = torch.arange(images).tensor_split(count)
    return [slice(int(part[0]), int(part[-1]) + 1) for part in parts]


def _of_part(forward: Forward, rows: slice, images: int) -> tuple[Tensor, Tensor]:
    loss, hits = forward(rows)
    loss = loss * ((rows.stop - rows.start) / images)
    loss.backward()
    return loss.detach(), hits

"""Which images an epoch trains on, and in which order: all of them shuffled, or as many of each class."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from search.training.data.dataset import Split

Sampling = Literal["shuffled", "balanced"]


def epoch_order(split: Split, generator: torch.Generator, *, sampling: Sampling) -> Tensor:
    """Draw an epoch's images.

    Args:
        split: of n images.
        generator: on the CPU.
        sampling: ``shuffled``: each image once. ``balanced``: n images in which the classes differ by one at most; of a
            class each image comes once before any comes again, and of a large one some do not come (resampling, as
            compared by Buda et al. 2018, "A systematic study of the class imbalance problem").

    Returns:
        (n,) int64, positions within the split.
    """
    if sampling == "shuffled":
        return torch.randperm(len(split), generator=generator)
    return _balanced(torch.from_numpy(split.labels[split.indices]), generator)


def _balanced(labels: Tensor, generator: torch.Generator) -> Tensor:
    classes: Tensor = labels.unique()  # type: ignore[no-untyped-call]
    each, more = divmod(len(labels), len(classes))
    counts = torch.full((len(classes),), each)
    counts[torch.randperm(len(classes), generator=generator)[:more]] += 1
    drawn = [
        _draw((labels == one).nonzero().flatten(), count, generator)
        for one, count in zip(classes, counts.tolist(), strict=True)
    ]
    return torch.cat(drawn)[torch.randperm(len(labels), generator=generator)]


def _draw(members: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Draw so many of a class: rounds, in each of which every member comes once in random order."""
    rounds = -(-count // len(members))
    orders = torch.rand(rounds, len(members), generator=generator).argsort(dim=1, stable=True)
    return members[orders.flatten()[:count]]

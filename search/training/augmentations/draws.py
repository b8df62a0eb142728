"""What was drawn for a batch, before anything is done to it."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from search.training.augmentations.kinds import Drawn


@dataclass(frozen=True)
class Draws:
    """One `Drawn` for each augmentation that is on, and with whom each image is mixed.

    ``partners`` (N,) int64 are rows of the whole batch, also in a part of the draws; None where nothing is mixed.
    """

    parts: tuple[Drawn, ...]
    partners: Tensor | None = None

    def __getitem__(self, rows: slice | Tensor) -> Draws:
        """Return the draws of some images of the batch."""
        parts = tuple(tuple(tensor[rows] for tensor in drawn) for drawn in self.parts)
        return Draws(parts, None if self.partners is None else self.partners[rows])

"""From a batch as it was loaded to its loss: augmented, normalised, through the network; whole or a part at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from search.training.accumulation import Forward
from search.training.augmentations.draws import Draws
from search.training.augmentations.pipeline import Pipeline
from search.training.auxiliary import WithAuxiliary, logits_of, loss_of
from search.training.devices import autocast
from search.training.team import Shard


@dataclass(frozen=True, kw_only=True)
class BatchLoss:
    """How a trial's batches come to a loss.

    ``forward`` is from normalised images to logits, maybe with those of auxiliary classifiers, ``loss`` from logits and
    targets to their mean, ``dtype`` that of matrix products. ``classes`` is how many there are.
    """

    augment: Pipeline
    normalize: Callable[[Tensor], Tensor]
    forward: Callable[[Tensor], Tensor | WithAuxiliary]
    loss: Callable[[Tensor, Tensor], Tensor]
    classes: int
    device: torch.device
    dtype: torch.dtype

    def needed(self, rows: Tensor, shard: Shard) -> Tensor:
        """Return which of a batch's images (N,) a shard is computed from: its own, or all, where images are mixed."""
        return rows if self.augment.mixes else rows[shard.rows]

    def of(self, images: Tensor, labels: Tensor, generator: torch.Generator, shard: Shard) -> Forward:
        """Draw all that is random about a batch's images, and return what computes a shard's parts from these draws.

        Args:
            images: (n, C, H, W) uint8, those that are `needed`.
            labels: (n,) int64, of these.
            generator: on the device; whatever the shard, it draws for the whole batch.
            shard: what is computed.
        """
        _, channels, height, width = images.shape
        draws = self.augment.draw(shard.whole, (channels, height, width), generator)
        if len(images) < shard.whole:
            draws = draws[shard.rows]
        return partial(self._of_part, images, labels, draws, shard)

    def _of_part(
        self, images: Tensor, labels: Tensor, draws: Draws, shard: Shard, rows: slice | None
    ) -> tuple[Tensor, Tensor]:
        if shard.images < len(images):
            rows = shard.of_whole(rows)
        images, targets = self.augment.batch(images, labels, draws, classes=self.classes, rows=rows)
        with autocast(self.device, self.dtype):
            said = self.forward(self.normalize(images))
            loss = loss_of(self.loss, said, targets)
        # Of a mixed image, the label of which it has most.
        wanted = targets.argmax(dim=1) if targets.ndim == 2 else targets
        return loss, (logits_of(said).detach().argmax(dim=1) == wanted).sum()

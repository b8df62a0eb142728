"""One batch becomes one step of the optimizer: whole where it fits into memory, else in parts."""

from __future__ import annotations

import logging

import torch
from torch import Tensor, nn

from search.training.accumulation import Forward, cuts, gradient, smallest_part
from search.training.recipe import Recipe
from search.training.rewinding import Rewind
from search.training.room import make_room, too_large
from search.training.shortage import lacks_memory, line_of

log = logging.getLogger("search")


class Step:
    """Adds up a batch's gradient and lets the optimizer step.

    Where the gradient runs out of memory, the same step is computed once more in twice as many parts, of the same draws
    from the same state of the model; later steps keep to these parts. So the trial is from there on the one that
    `Recipe.accumulation` of that number would have been. What the optimizer itself lacks no split can give it.

    ``parts`` is into how many parts a batch is cut.

    Args:
        model: in training mode whenever a step is made.
        optimizer: of its parameters.
        recipe: accumulation, clipping of the gradient, and whether the model is compiled.
        shape: (C, H, W) of an image.
        device: where the model is.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        recipe: Recipe,
        *,
        shape: tuple[int, int, int],
        device: torch.device,
    ) -> None:
        self.parts = recipe.accumulation
        self._model, self._optimizer, self._recipe = model, optimizer, recipe
        self._shape, self._device = shape, device
        self._least = smallest_part(model)
        self._rewind = Rewind(model, device)

    @property
    def shortage(self) -> str:
        """Into how many parts batches are cut since they do not fit into memory; empty where they do."""
        if self.parts == self._recipe.accumulation:
            return ""
        return f"batches of {self._recipe.batch_size} are computed in {self.parts} parts: they do not fit into memory"

    def __call__(self, forward: Forward, images: int) -> tuple[Tensor, Tensor]:
        """Take a step.

        Args:
            forward: computes a part of the batch, the same whenever it is asked.
            images: of the batch.

        Returns:
            The batch's mean loss before the step, and how many of its images were classified rightly.

        Raises:
            TooLarge: a part that cannot be split does not fit into memory.
        """
        self._optimizer.zero_grad()
        self._rewind.mark()
        while (said := self._attempt(forward, images)) is None:
            # Only here, behind `except`, nothing holds the traceback any more, and with it the activations.
            make_room(self._device)
            self._rewind.back()
            self._split(images)
        if self._recipe.gradient_clip > 0:
            nn.utils.clip_grad_norm_(self._model.parameters(), self._recipe.gradient_clip)
        self._optimizer.step()
        return said

    def _attempt(self, forward: Forward, images: int) -> tuple[Tensor, Tensor] | None:
        """Return what `gradient` does; None where memory was too small."""
        try:
            return gradient(forward, images, parts=self.parts, least=self._least)
        except Exception as error:
            if not lacks_memory(error):
                raise
            log.warning("a step ran out of memory: %s", line_of(error))
        self._optimizer.zero_grad()
        return None

    def _split(self, images: int) -> None:
        count, most = cuts(images, self.parts, self._least), cuts(images, images, self._least)
        if count == most:
            raise too_large(-(-images // most), self._shape, self._device)
        self.parts = min(2 * count, most)
        if self._recipe.compile:
            torch._dynamo.reset()  # each size is compiled for itself, and torch counts how many there were
        log.warning(self.shortage)

"""One batch becomes one step of the optimizer: whole where it fits into memory, else in parts."""

from __future__ import annotations

import logging

import torch
from torch import Tensor, nn

from search.training.accumulation import Forward, cuts, gradient, smallest_part
from search.training.errors import SplitNeeded
from search.training.recipe import Recipe
from search.training.rewinding import Rewind
from search.training.room import make_room, too_large
from search.training.shortage import lacks_memory, line_of
from search.training.team import ALONE, Shard, Team

log = logging.getLogger("search")


class Step:
    """Adds up a batch's gradient and lets the optimizer step.

    Where the gradient runs out of memory, the same step is computed once more in twice as many parts, of the same draws
    from the same state of the model; later steps keep to these parts. So the trial is from there on the one that
    `Recipe.accumulation` of that number would have been. What the optimizer itself lacks no split can give it. In
    a team the step is given up instead: the other processes are in the middle of their shares.

    ``parts`` is into how many parts a batch is cut, or a process's shard of it; ``least`` how many images each needs.

    Args:
        model: in training mode whenever a step is made.
        optimizer: of its parameters.
        recipe: accumulation, clipping of the gradient, and whether the model is compiled.
        shape: (C, H, W) of an image.
        device: where the model is.
        team: whose processes all make the same step.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        recipe: Recipe,
        *,
        shape: tuple[int, int, int],
        device: torch.device,
        team: Team = ALONE,
    ) -> None:
        self.parts = recipe.accumulation
        self._model, self._optimizer, self._recipe = model, optimizer, recipe
        self._shape, self._device, self._team = shape, device, team
        self.least = smallest_part(model)
        self._rewind = Rewind(model, device)

    @property
    def shortage(self) -> str:
        """Into how many parts batches are cut since they do not fit into memory; empty where they do."""
        if self.parts == self._recipe.accumulation:
            return ""
        return f"batches of {self._recipe.batch_size} are computed in {self.parts} parts: they do not fit into memory"

    def cut_into(self, parts: int) -> None:
        """Cut batches into so many parts at least, since memory was too small before."""
        self.parts = max(self.parts, parts)

    def __call__(self, forward: Forward, shard: Shard) -> tuple[Tensor, Tensor]:
        """Take a step.

        Args:
            forward: computes a part of the shard, the same whenever it is asked.
            shard: what this process has of the batch.

        Returns:
            The batch's mean loss before the step, and how many of its images were classified rightly.

        Raises:
            TooLarge: a part that cannot be split does not fit into memory.
            SplitNeeded: a part does not fit into memory, in a team.
        """
        self._optimizer.zero_grad()
        self._rewind.mark()
        while (said := self._attempt(forward, shard)) is None:
            # Only here, behind `except`, nothing holds the traceback any more, and with it the activations.
            make_room(self._device)
            self._rewind.back()
            self._split(shard)
        said = self._added_up(*said, shard)
        if self._recipe.gradient_clip > 0:
            nn.utils.clip_grad_norm_(self._model.parameters(), self._recipe.gradient_clip)
        self._optimizer.step()
        return said

    def _attempt(self, forward: Forward, shard: Shard) -> tuple[Tensor, Tensor] | None:
        """Return what `gradient` does; None where memory was too small."""
        try:
            return gradient(forward, shard, parts=self.parts, least=self.least)
        except Exception as error:
            if not lacks_memory(error):
                raise
            log.warning("a step ran out of memory: %s", line_of(error))
        self._optimizer.zero_grad()
        return None

    def _added_up(self, loss: Tensor, hits: Tensor, shard: Shard) -> tuple[Tensor, Tensor]:
        """Let gradient, loss and hits be those of all processes."""
        if self._team.size == 1:
            return loss, hits
        gradients = [each.grad for each in self._model.parameters() if each.grad is not None]
        said = torch.stack([loss.float(), hits / shard.copies])
        self._team.add_up([said, *gradients])
        return said[0], said[1].round().to(hits.dtype)

    def _split(self, shard: Shard) -> None:
        count, most = cuts(shard, self.parts, self.least), cuts(shard, shard.images, self.least)
        if count == most:
            raise too_large(-(-shard.images // most), self._shape, self._device)
        self.parts = min(2 * count, most)
        if self._team.size > 1:
            raise SplitNeeded(self.parts)
        if self._recipe.compile:
            torch._dynamo.reset()  # each size is compiled for itself, and torch counts how many there were
        log.warning(self.shortage)

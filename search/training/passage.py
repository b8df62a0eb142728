"""One pass over the training images while it is under way: what the batches so far gave, and how long they took."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor

Cut = Callable[[float], bool]
"""Is asked between two batches whether the epoch is to be cut there, with the seconds that it will still take."""


@dataclass
class Passage:
    """How far an epoch has come.

    ``losses`` (batches,) float32 are those of each batch, 0 where it is still to come; ``hits`` the images that were
    classified rightly so far, int64; both on the device. ``batch`` counts the batches that are done; ``seconds`` is
    what those before ``first`` took, the first batch of this stretch, which began at ``began`` (monotonic seconds).
    """

    losses: Tensor
    hits: Tensor
    batch: int = 0
    seconds: float = 0.0
    first: int = 0
    began: float = 0.0

    @classmethod
    def new(cls, batches: int, device: torch.device) -> Self:
        """Return an epoch before its first batch."""
        return cls(torch.zeros(batches, device=device), torch.zeros((), dtype=torch.int64, device=device))

    @classmethod
    def restored(cls, state: dict[str, Any], device: torch.device) -> Self:
        """Return what `state` was taken of.

        Raises:
            KeyError: it is no such state.
        """
        return cls(
            state["losses"].to(device), state["hits"].to(device), int(state["batch"]), float(state["seconds"])
        )

    def state(self) -> dict[str, Any]:
        """Return all that the epoch goes on from, beside the model, the optimizer and the random streams."""
        return {"losses": self.losses, "hits": self.hits, "batch": self.batch, "seconds": self.seconds}

    def begin(self) -> None:
        """Let a stretch begin: its clock runs from now on."""
        self.first, self.began = self.batch, time.perf_counter()

    def add(self, loss: Tensor, hits: Tensor) -> None:
        """Take what the next batch gave: its mean loss, and how many of its images were classified rightly."""
        self.losses[self.batch] = loss
        self.hits += hits
        self.batch += 1

    def end(self) -> None:
        """Let a stretch end: its time is added."""
        self.seconds += time.perf_counter() - self.began

    def left(self, batches: float) -> float:
        """Return how long so many batches take, in seconds, by the pace of this stretch."""
        return (time.perf_counter() - self.began) / (self.batch - self.first) * batches

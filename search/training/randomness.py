"""The random streams of one trial, kept apart from each other and from everything else in the process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor


def derived_seeds(seed: int, *key: int) -> list[int]:
    """Return four independent 63-bit seeds for a trial's seed and a key, the same on every machine."""
    sequence = np.random.SeedSequence([abs(seed) * 2 + (seed < 0), *key])
    return [int(word) >> 1 for word in sequence.generate_state(4, np.uint64)]


class Randomness:
    """Four streams from one seed: initial weights, order of the images, augmentation, dropout.

    Order and augmentation have generators of their own. Weights and dropout draw from torch's global
    generators, as every module does; `isolated` lends those to the trial and gives them back as they were, so
    that trials which share a process cannot disturb one another.
    """

    def __init__(self, seed: int, device: torch.device) -> None:
        self.device = device
        self._seed = seed
        weights, order, augmentation, dropout = derived_seeds(seed)
        self.order = torch.Generator().manual_seed(order)
        self.augmentation = torch.Generator(device).manual_seed(augmentation)
        self._weights_seed = weights
        self._dropout = _seeded_state(dropout, device)

    @contextmanager
    def initial_weights(self) -> Iterator[None]:
        """Within it torch's global generators yield the stream of the initial weights, from its beginning."""
        with _lent(_seeded_state(self._weights_seed, self.device), self.device):
            yield

    @contextmanager
    def isolated(self) -> Iterator[None]:
        """Within it torch's global generators are this trial's, where its last epoch left them."""
        with _lent(self._dropout, self.device):
            yield
            self._dropout = global_state(self.device)

    def order_of_epoch(self) -> torch.Generator:
        """Return a generator of the order of an epoch's images, a copy: an epoch that is cut draws it once more."""
        return torch.Generator().set_state(self.order.get_state())

    def finish_order(self, drawn: torch.Generator) -> None:
        """Let the stream of the order stand where an epoch that is finished has left it."""
        self.order.set_state(drawn.get_state())

    def branch(self, *key: int) -> None:
        """Let dropout draw from another stream from now on, that of a process which trains beside others."""
        self._dropout = _seeded_state(derived_seeds(self._seed, *key)[3], self.device)

    def state(self) -> dict[str, Any]:
        """Return every stream's position, as tensors."""
        return {
            "device": self.device.type,
            "order": self.order.get_state(),
            "augmentation": self.augmentation.get_state(),
            "dropout": self._dropout,
        }

    def restore(self, state: dict[str, Any], epoch: int) -> None:
        """Go on where `state` was taken.

        The generators of a CPU and of a GPU cannot take each other's state. A trial that changes between them
        goes on with streams derived from its seed and the epoch: not the same draws, but independent ones.

        Args:
            state: of another `Randomness`.
            epoch: the last finished one, from 1.
        """
        self.order.set_state(state["order"])
        if state["device"] == self.device.type:
            self.augmentation.set_state(state["augmentation"])
            self._dropout = state["dropout"]
        else:
            _, _, augmentation, dropout = derived_seeds(self._seed, epoch)
            self.augmentation.manual_seed(augmentation)
            self._dropout = _seeded_state(dropout, self.device)


@contextmanager
def _lent(state: list[Tensor], device: torch.device) -> Iterator[None]:
    before = global_state(device)
    set_global_state(state, device)
    try:
        yield
    finally:
        set_global_state(before, device)


def global_state(device: torch.device) -> list[Tensor]:
    """Return where torch's global generators stand: the CPU's, and that of a GPU."""
    states = [torch.get_rng_state()]
    return [*states, torch.cuda.get_rng_state(device)] if device.type == "cuda" else states


def set_global_state(states: list[Tensor], device: torch.device) -> None:
    """Let torch's global generators stand where `global_state` was taken, of the same device."""
    torch.set_rng_state(states[0])
    if device.type == "cuda":
        torch.cuda.set_rng_state(states[1], device)


def _seeded_state(seed: int, device: torch.device) -> list[Tensor]:
    states = [torch.Generator().manual_seed(seed).get_state()]
    return (
        [*states, torch.Generator(device).manual_seed(seed).get_state()] if device.type == "cuda" else states
    )

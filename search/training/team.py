"""The processes that train one trial together: each computes its share of every batch, and all make the same step.

Plain `torch.distributed`, without its DistributedDataParallel: parameters may be frozen and thawed between epochs, a
batch may come in parts, and one sum a step carries gradient, loss and hits. All processes are on one machine and talk
through its loopback interface or from GPU to GPU.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"
"""The interface that no other machine reaches."""


@dataclass(frozen=True)
class Shard:
    """What one process computes of some images: those from ``start`` to ``stop`` of ``whole``.

    ``smallest`` is how many images the process with the fewest has. ``copies`` is how many processes compute the same
    images: 1, or all of them where there are too few images to share out.
    """

    start: int
    stop: int
    whole: int
    smallest: int
    copies: int = 1

    @property
    def images(self) -> int:
        """How many images these are."""
        return self.stop - self.start

    @property
    def rows(self) -> slice:
        """Which images these are."""
        return slice(self.start, self.stop)

    def of_whole(self, rows: slice | None) -> slice:
        """Return rows of the shard, None for all, as rows of the whole."""
        return self.rows if rows is None else slice(self.start + rows.start, self.start + rows.stop)

    def weight(self, images: int) -> float:
        """Return what the mean over some of these images counts for in the mean over the whole."""
        return images / (self.whole * self.copies)


class Team:
    """One process among those of a trial; alone it sums and agrees with itself.

    Args:
        rank: which it is, from 0, the leader.
        size: how many there are.
        control: a group of processes whose messages travel beside the device; None: the group of all.
    """

    def __init__(self, rank: int = 0, size: int = 1, control: Any = None) -> None:
        self.rank, self.size = rank, size
        self._control = control

    def __deepcopy__(self, memo: dict[int, Any]) -> Team:
        """A copy of a model belongs to the same team."""
        return self

    def shard(self, images: int, *, least: int = 1) -> Shard:
        """Return which images are this process's.

        Args:
            images: in all; the shards follow one another, and their sizes differ by one at most.
            least: images that each process needs.
        """
        smallest, longer = divmod(images, self.size)
        if smallest < least:
            return Shard(0, images, images, images, copies=self.size)
        start = self.rank * smallest + min(self.rank, longer)
        return Shard(start, start + smallest + (self.rank < longer), images, smallest)

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor (float) by its sum over all processes, in one message; all get the same bits."""
        if self.size == 1:
            return
        flat = torch.cat([tensor.detach().flatten().float() for tensor in tensors])
        torch.distributed.all_reduce(flat)
        for tensor, total in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):  # type: ignore[no-untyped-call]
            tensor.copy_(total.view(tensor.shape))

    def gathered(self, own: Tensor, shard: Shard) -> Tensor:
        """Return the rows (whole, …) of all processes, of which this one has its shard's."""
        if self.size == 1:
            return own
        found = own.new_zeros(shard.whole, *own.shape[1:])
        found[shard.rows] = own / shard.copies
        torch.distributed.all_reduce(found)
        return found

    def agreed(self, wanted: bool) -> bool:
        """Return what the leader wants."""
        if self.size == 1:
            return wanted
        word = torch.tensor(wanted, dtype=torch.uint8)
        torch.distributed.broadcast(word, src=0, group=self._control)
        return bool(word)


ALONE = Team()
"""A process that trains a trial by itself."""


@contextmanager
def joined(rank: int, size: int, *, meeting: Path, device: torch.device) -> Iterator[Team]:
    """Meet the other processes of a trial; they part with the context.

    Args:
        rank: which this one is, from 0.
        size: how many there are.
        meeting: a file that is not there yet, the same for all.
        device: where this one trains: the CPU, or a GPU of its own.

    Raises:
        RuntimeError: one of them does not come, or is lost; whoever then waits for it gets this, too.
    """
    for variable in ("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"):
        os.environ.setdefault(variable, LOOPBACK)
    on_gpu = device.type == "cuda"
    torch.distributed.init_process_group(
        "nccl" if on_gpu else "gloo",
        init_method=f"file://{meeting}",
        rank=rank,
        world_size=size,
        device_id=device if on_gpu else None,
    )
    try:
        # A word through the GPU would wait for all that it still has to do.
        yield Team(rank, size, torch.distributed.new_group(backend="gloo") if on_gpu else None)
    finally:
        torch.distributed.destroy_process_group()

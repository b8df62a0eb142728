"""How batches come to a device: from a copy that lies there, or gathered by threads while the batch before them trains.

Every way gives the same batches bit for bit, of any rows that are asked for.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from search.plan.trial_config import Access
from search.training.data.access import fits_memory
from search.training.data.file_images import FileImages
from search.training.data.image_file import quiet_pillow
from search.training.data.source import Images, Labels

DEVICE_SHARE = 0.5
"""Images move to a GPU where they take at most this share of its free memory; the rest is the model's."""

AHEAD = 2
"""Batches that are gathered while one trains: with one, a slow file would be waited for."""

PIECE = 2**20
"""Bytes from which it pays to have another thread copy: 1 MiB takes 0.1 ms, to hand it over 0.03 ms."""

Batch = tuple[Tensor, Tensor]
"""Images (n, C, H, W) uint8, channels last in memory, and labels (n,), on the device."""


class Batches(ABC):
    """The images and labels of a source on their way to a device. ``labels`` (N,) lie where the rows are wanted."""

    labels: Tensor
    device: torch.device

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C) of an image."""

    @property
    def home(self) -> torch.device:
        """Where row numbers are wanted."""
        return self.labels.device

    @abstractmethod
    def batch(self, rows: Tensor) -> Batch:
        """Return one batch.

        Args:
            rows: (n,) int64 at ``home``, rows of the source.

        Raises:
            DataError: an image's file cannot be read any more; it is named.
        """

    @abstractmethod
    def batches(self, parts: Sequence[Tensor]) -> AbstractContextManager[Iterator[Batch]]:
        """Return the batches of several parts, one after the other; threads end with the context, wherever it is left.

        Args:
            parts: the rows of each batch, as for `batch`.

        Raises:
            DataError: as for `batch`, from the iterator.
        """


@dataclass(frozen=True)
class Resident(Batches):
    """A source's images (N, H, W, C) uint8 and labels (N,) on the device; on the CPU the memory map itself."""

    images: Tensor
    labels: Tensor
    device: torch.device

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C) of an image."""
        height, width, channels = self.images.shape[1:]
        return height, width, channels

    def batch(self, rows: Tensor) -> Batch:
        """Gather one batch; see `Batches.batch`."""
        images, labels = self.images.index_select(0, rows), self.labels.index_select(0, rows)
        return images.permute(0, 3, 1, 2), labels

    def batches(self, parts: Sequence[Tensor]) -> AbstractContextManager[Iterator[Batch]]:
        """Return the batches of several parts; see `Batches.batches`."""
        return nullcontext(map(self.batch, parts))


@dataclass(frozen=True)
class Streamed(Batches):
    """A source's images (N, H, W, C) uint8 in a memory map or in files, and its labels (N,) on the host.

    As many threads as torch has in this trial copy or decode; Pillow and NumPy let go of the interpreter's lock
    meanwhile. Besides the batch that trains only `AHEAD` others are in memory; for a GPU they are pinned there.
    """

    pixels: Images | FileImages
    labels: Tensor
    device: torch.device

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C) of an image."""
        height, width, channels = self.pixels.shape[1:]
        return height, width, channels

    def batch(self, rows: Tensor) -> Batch:
        """Gather one batch; see `Batches.batch`."""
        with self.batches([rows]) as found:
            return next(found)

    @contextmanager
    def batches(self, parts: Sequence[Tensor]) -> Iterator[Iterator[Batch]]:
        """Return the batches of several parts, gathered ahead; see `Batches.batches`."""
        pool = ThreadPoolExecutor(torch.get_num_threads(), thread_name_prefix="images")
        try:
            with quiet_pillow() if isinstance(self.pixels, FileImages) else nullcontext():
                yield self._ahead(pool, parts)
        finally:
            pool.shutdown(cancel_futures=True)

    def _ahead(self, pool: ThreadPoolExecutor, parts: Sequence[Tensor]) -> Iterator[Batch]:
        begun: deque[tuple[Tensor, Tensor, list[Future[None]]]] = deque()
        for rows in parts:
            begun.append(self._begin(pool, rows))
            if len(begun) > AHEAD:
                yield self._finished(*begun.popleft())
        while begun:
            yield self._finished(*begun.popleft())

    def _begin(self, pool: ThreadPoolExecutor, rows: Tensor) -> tuple[Tensor, Tensor, list[Future[None]]]:
        """Have threads fill a batch; torch keeps pinned memory for the next one until the copy to the GPU is done."""
        labels = self.labels.index_select(0, rows)  # first, as it refuses rows that are not there
        pinned = self.device.type == "cuda"
        images = torch.empty((len(rows), *self.shape), dtype=torch.uint8, pin_memory=pinned)
        pieces = np.array_split(np.arange(len(rows)), self._pieces(images))
        numbers, pixels = rows.numpy(), images.numpy()
        return (
            images,
            labels,
            [pool.submit(self._fill, numbers[piece], pixels[piece[0] : piece[-1] + 1]) for piece in pieces],
        )

    def _pieces(self, images: Tensor) -> int:
        most = min(torch.get_num_threads(), len(images))
        return most if isinstance(self.pixels, FileImages) else min(most, 1 + images.nbytes // PIECE)

    def _fill(self, rows: npt.NDArray[np.int64], out: Images) -> None:
        if isinstance(self.pixels, FileImages):
            self.pixels.fill(rows, out)
        else:
            np.take(self.pixels, rows, axis=0, out=out, mode="clip")  # any other mode makes one more copy

    def _finished(self, images: Tensor, labels: Tensor, filled: Sequence[Future[None]]) -> Batch:
        for piece in filled:
            piece.result()
        if self.device.type != "cpu":
            images = images.to(self.device, non_blocking=True)
            labels = labels.to(self.device, non_blocking=True)
        return images.permute(0, 3, 1, 2), labels


def batches_of(
    images: Images | FileImages, labels: Labels, device: torch.device, access: Access = "auto"
) -> Batches:
    """Return the way of a source to a device.

    Args:
        images: (N, H, W, C), of the whole source.
        labels: (N,).
        device: where the batches are wanted.
        access: ``resident`` or ``streamed``; else what fits. Images in files are always streamed.
    """
    with warnings.catch_warnings():
        # The cache is mapped read-only, and batches are copies: nothing ever writes to these tensors.
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        numbers = torch.from_numpy(labels)
        if isinstance(images, FileImages) or not _resident(images, device, access):
            return Streamed(images, numbers, device)
        return Resident(torch.from_numpy(images).to(device), numbers.to(device), device)


def _resident(images: Images, device: torch.device, access: Access) -> bool:
    if access in ("resident", "streamed"):
        return access == "resident"
    if device.type == "cuda":
        return images.nbytes <= DEVICE_SHARE * torch.cuda.mem_get_info(device)[0]
    return not isinstance(images, np.memmap) or fits_memory(images.nbytes)

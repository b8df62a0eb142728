"""What a data set gives to the cache: an identity that is cheap to take, and a way to decode its images once."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Contents:
    """What `decode` says about the images it wrote.

    ``classes`` are the names in the order of the labels. ``notes`` are sentences for the user, such as which
    files are animated.
    """

    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()


class Writer:
    """The folder into which one data set is decoded; splits are named train, validation, test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def split(self, name: str, labels: npt.ArrayLike, shape: tuple[int, int, int]) -> Images:
        """Begin a split.

        Args:
            name: train, validation or test.
            labels: (N,) class indices.
            shape: (H, W, C) of one image.

        Returns:
            The split's images (N, H, W, C), memory-mapped, to be filled.

        Raises:
            OSError: the disk has no room for them.
        """
        stored: Labels = np.asarray(labels, dtype=np.int64)
        np.save(self.folder / f"{name}.labels.npy", stored, allow_pickle=False)
        path = self.folder / f"{name}.images.npy"
        images: Images = np.lib.format.open_memmap(
            path, mode="w+", dtype=np.uint8, shape=(len(stored), *shape)
        )
        with path.open("r+b") as handle:
            # Without this a full disk would show as a SIGBUS in the middle of the decoding.
            _reserve(handle.fileno(), path)
        return images

    def listed(
        self, name: str, labels: npt.ArrayLike, paths: Sequence[Path], channels: int
    ) -> npt.NDArray[np.int64]:
        """Begin a split whose images stay in their files.

        Args:
            name: train, validation or test.
            labels: (N,) class indices.
            paths: (N,), absolute.
            channels: of an image.

        Returns:
            The images' moments (N, C, 2), memory-mapped, to be filled; see `search.training.data.cache.moments`.
        """
        np.save(self.folder / f"{name}.labels.npy", np.asarray(labels, dtype=np.int64), allow_pickle=False)
        # As bytes of one width, so that all processes map the same ones: 1.3 million Path objects take 400 MB.
        np.save(self.folder / f"{name}.files.npy", np.array([os.fsencode(path) for path in paths]))
        sums: npt.NDArray[np.int64] = np.lib.format.open_memmap(
            self.folder / f"{name}.moments.npy", mode="w+", dtype=np.int64, shape=(len(paths), channels, 2)
        )
        return sums

    def list_aside(self, name: str, lines: list[str]) -> Path:
        """Write a list for the user into the cache, where it stays when decoding is refused.

        Args:
            name: of the file.
            lines: its lines.

        Returns:
            Where it lies.
        """
        path = self.folder.parent / f"{self.folder.stem}.{name}"
        text = "".join(line + "\n" for line in lines)
        path.write_text(text, "utf-8", "surrogateescape")  # file names need not be UTF-8
        return path


class Survey(Protocol):
    """Files of which the headers were read, so that the size of their images is known before any is decoded."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C) of a decoded image."""

    @property
    def nbytes(self) -> int:
        """What all decoded images take, in bytes."""

    def decode(self, writer: Writer) -> Contents:
        """Write the pixels of every split."""

    def enlist(self, writer: Writer) -> Contents:
        """Write the files of every split, and the moments of their images."""


@dataclass(frozen=True)
class Source:
    """One data set where it lies on this machine.

    ``identity`` is everything that decides the decoded bytes, as JSON: relative names, sizes and times of the
    files, the settings of decoding. ``decode`` writes the splits and is called only where the cache has none.
    ``survey``, which a set of single files has, looks at their headers: they need not be decoded before the training.
    ``root`` is where these files lie, which matters where they stay there.
    """

    name: str
    identity: Mapping[str, Any]
    decode: Callable[[Writer], Contents]
    survey: Callable[[Writer], Survey] | None = None
    root: str = ""


def file_identity(path: Path, root: Path) -> list[str | int]:
    """Return the relative name, size in bytes and modification time in ns of a file, as JSON.

    A link to nothing, or to itself, has a size and a time of -1: it is for the decoder to name it among the others.
    """
    name = os.fspath(path).removeprefix(
        f"{root}{os.sep}"
    )  # 60,000 times: Path.relative_to takes 13 times as long
    try:
        status = os.stat(path)  # noqa: PTH116 - likewise
    except OSError:
        return [name, -1, -1]
    return [name, status.st_size, status.st_mtime_ns]


def _reserve(descriptor: int, path: Path) -> None:
    size = path.stat().st_size
    try:
        os.posix_fallocate(descriptor, 0, size)
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror} for {size / 1e6:,.0f} MB", str(path)) from error

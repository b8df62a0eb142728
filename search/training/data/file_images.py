"""Images that stay in their files and are decoded each time they are asked for; used like an array of pixels."""

from __future__ import annotations

import operator
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from search.training.data.image_file import UnreadableImage, read_pixels, shown_name
from search.training.data.source import Images
from search.training.errors import DataError


@dataclass(frozen=True, eq=False)
class FileImages:
    """Images (N, H, W, C) uint8: ``files`` (N,) are their paths as bytes, ``shape`` is theirs when they are decoded."""

    files: npt.NDArray[np.bytes_]
    shape: tuple[int, int, int, int]

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.files)

    @property
    def nbytes(self) -> int:
        """What all images take when they are decoded."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def filename(self) -> str | None:
        """The file of the cache in which the paths stand, as `numpy.memmap` has it of pixels."""
        return getattr(self.files, "filename", None)

    @property
    def folder(self) -> str:
        """A folder above the first and the last of the files."""
        return os.path.commonpath([self.path(0).parent, self.path(-1).parent])

    def path(self, row: int) -> Path:
        """Return where an image lies."""
        return Path(os.fsdecode(bytes(self.files[row])))

    def __getitem__(self, rows: Any) -> Images:
        """Decode some images.

        Args:
            rows: a row, or whatever else chooses rows of an array: a slice, row numbers, a mask.

        Returns:
            (H, W, C) of a single row, else (n, H, W, C).

        Raises:
            DataError: a file cannot be read any more; it is named.
        """
        try:
            return self._decoded(operator.index(rows))
        except TypeError:
            chosen = np.arange(len(self))[rows]
        found = np.empty((len(chosen), *self.shape[1:]), np.uint8)
        self.fill(chosen, found)
        return found

    def fill(self, rows: npt.NDArray[np.int64], out: Images) -> None:
        """Decode images into an array.

        Args:
            rows: (n,).
            out: (n, H, W, C).

        Raises:
            DataError: a file cannot be read any more; it is named.
        """
        for place, row in enumerate(rows):
            out[place] = self._decoded(int(row))

    def _decoded(self, row: int) -> Images:
        path = self.path(row)
        try:
            return read_pixels(path, *self.shape[1:])
        except UnreadableImage as error:
            raise DataError(
                f"{shown_name(str(path))} {error}, but could be read when the search began: put it back, on several "
                "nodes under this path on each"
            ) from error

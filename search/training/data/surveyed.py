"""Many image files: what their headers say, how large they become, and the ways into the cache."""

from __future__ import annotations

import math
import os
import statistics
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from search.training.data.cache import moments
from search.training.data.folder_layout import SKIP_LIST, Layout
from search.training.data.headway import followed
from search.training.data.image_file import (
    Header,
    UnreadableImage,
    quiet_pillow,
    read_header,
    read_pixels,
    shown_name,
)
from search.training.data.source import Contents, Images, Source, Writer
from search.training.errors import DataError

NAMED = 10
"""So many file names stand in a message; the complete list goes into a file."""

LARGEST_SIDE = 224
"""Images of different sizes become squares of the median of their shorter sides, and not larger than this: the
size that He et al. 2016 and most since train at."""

LARGEST_COMMON_SIDE = 512
"""Images that are all of one size keep it up to this: 0.8 MB each in RGB; a camera's photographs would take 36."""

Result = TypeVar("Result")


def source_of_files(name: str, identity: Mapping[str, Any], layout: Layout, size: int | None) -> Source:
    """Return the source of a layout's images.

    Args:
        name: of the data set.
        identity: what decides the images and their labels, as JSON; the size is added here.
        layout: which files are images of which class and split.
        size: to which they are resized, a square's side in pixels, or None.
    """
    look = partial(survey, layout, size)
    return Source(
        name, {**identity, "size": size}, lambda writer: look(writer).decode(writer), look, str(layout.root)
    )


def survey(layout: Layout, size: int | None, writer: Writer) -> Surveyed:
    """Read the headers of all files.

    Raises:
        DataError: some cannot be read; the first of them are named, and all are listed in a file.
    """
    paths = [path for images in layout.splits.values() for path, _ in images]
    headers = _all_or_refuse("looking at", read_header, [(path,) for path in paths], layout, writer)
    shape = common_shape(headers, size)
    return Surveyed(layout, shape, len(paths), _notes(layout, paths, headers, shape, size))


@dataclass(frozen=True)
class Surveyed:
    """Files whose headers were read: ``shape`` (H, W, C) is that of the decoded images, of which there are ``count``.

    ``notes`` are sentences for the user.
    """

    layout: Layout
    shape: tuple[int, int, int]
    count: int
    notes: tuple[str, ...]

    @property
    def nbytes(self) -> int:
        """What all decoded images take, in bytes."""
        return self.count * math.prod(self.shape)

    def decode(self, writer: Writer) -> Contents:
        """Write the pixels of every split.

        Raises:
            DataError: files cannot be decoded.
            OSError: the disk has no room for them.
        """
        stored = {
            split: writer.split(split, [label for _, label in images], self.shape)
            for split, images in self.layout.splits.items()
        }
        return self._each(_store_pixels, stored, writer)

    def enlist(self, writer: Writer) -> Contents:
        """Write the files of every split, and the moments of their images: each is decoded once and let go.

        Raises:
            DataError: files cannot be decoded.
        """
        stored = {
            split: writer.listed(
                split, [label for _, label in images], [path for path, _ in images], self.shape[2]
            )
            for split, images in self.layout.splits.items()
        }
        return self._each(partial(_store_moments, self.shape), stored, writer)

    def _each(
        self, store: Callable[..., None], stored: Mapping[str, npt.NDArray[Any]], writer: Writer
    ) -> Contents:
        calls = [
            (path, stored[split], row)
            for split, images in self.layout.splits.items()
            for row, (path, _) in enumerate(images)
        ]
        _all_or_refuse("decoding", store, calls, self.layout, writer)
        return Contents(self.layout.classes, self.notes)


def common_shape(headers: Sequence[Header], size: int | None) -> tuple[int, int, int]:
    """Return the (height, width, channels) that a set's images are decoded to.

    A size that was asked for makes squares; else images that are all of one size keep it, up to 512 pixels; else
    they become squares of the median of their shorter sides, 224 pixels at most. Grey if all are, else RGB.

    Args:
        headers: of all images, at least one.
        size: the side asked for in pixels, or None.
    """
    channels = 1 if all(header.grey for header in headers) else 3
    sizes = {(header.height, header.width) for header in headers}
    height, width = max(sizes)
    if size is None and len(sizes) == 1 and max(height, width) <= LARGEST_COMMON_SIDE:
        return height, width, channels
    side = size or min(LARGEST_SIDE, round(statistics.median(min(h.height, h.width) for h in headers)))
    return side, side, channels


def _store_pixels(path: Path, images: Images, row: int) -> None:
    images[row] = read_pixels(path, *images.shape[1:])


def _store_moments(shape: tuple[int, int, int], path: Path, sums: npt.NDArray[np.int64], row: int) -> None:
    sums[row] = moments(read_pixels(path, *shape)[None])[0]


def _all_or_refuse(
    doing: str,
    function: Callable[..., Result],
    calls: Sequence[tuple[Any, ...]],
    layout: Layout,
    writer: Writer,
) -> list[Result]:
    """Call a function for every file, its first argument; refuse the set if any of them is unreadable."""

    def attempt(arguments: tuple[Any, ...]) -> Result | UnreadableImage:
        try:
            return function(*arguments)
        except UnreadableImage as error:
            return error

    # Threads, because Pillow lets go of the interpreter's lock while it decodes and resizes.
    with quiet_pillow(), ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        results = list(followed(pool.map(attempt, calls), doing, len(calls)))
    failed = [
        (layout.name(arguments[0]), result)
        for arguments, result in zip(calls, results, strict=True)
        if isinstance(result, UnreadableImage)
    ]
    if failed:
        raise DataError(_refusal(layout, failed, writer))
    return [result for result in results if not isinstance(result, UnreadableImage)]


def _refusal(layout: Layout, failed: Sequence[tuple[str, UnreadableImage]], writer: Writer) -> str:
    """Say which files are unreadable and how to leave them out: nothing is dropped behind the user's back."""
    listed = writer.list_aside("unreadable.txt", [name for name, _ in failed])
    named = "".join(f"\n  {shown_name(name)} {error}" for name, error in failed[:NAMED])
    more = f"\n  and {len(failed) - NAMED} more" if len(failed) > NAMED else ""
    return (
        f"{len(failed)} file{'s' * (len(failed) > 1)} in {layout.root} cannot be read:{named}{more}\n"
        f"Repair or remove them; or leave them out: all their names are in {listed}, "
        f"copy it to {layout.root / SKIP_LIST}"
    )


def _notes(
    layout: Layout,
    paths: Sequence[Path],
    headers: Sequence[Header],
    shape: tuple[int, int, int],
    size: int | None,
) -> tuple[str, ...]:
    """Say what was done to the images that the user may not expect."""
    notes = list(layout.notes)
    moving = [layout.name(path) for path, header in zip(paths, headers, strict=True) if header.frames]
    if moving:
        more = f" and {len(moving) - NAMED} more" if len(moving) > NAMED else ""
        notes.append(f"the first frame was taken of {', '.join(moving[:NAMED])}{more}")
    changed = sum((header.height, header.width) != shape[:2] for header in headers)
    if changed:
        rule = "" if size else "; data.size sets another size"
        notes.append(f"{changed} of {len(headers)} images were resized to {shape[0]}×{shape[1]} pixels{rule}")
    grey = sum(header.grey for header in headers)
    if shape[2] == 3 and grey:
        notes.append(f"{grey} grey images among coloured ones were read as RGB")
    return tuple(notes)

"""A folder of image files, one folder per class, as `torchvision.datasets.ImageFolder` has it and a bit more."""

from __future__ import annotations

import os
import statistics
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image

from search.plan.trial_config import DataConfig
from search.training.data.folder_layout import SKIP_LIST, Layout, read_layout
from search.training.data.image_file import Header, UnreadableImage, read_header, read_pixels
from search.training.data.registry import datasets
from search.training.data.source import Contents, Images, Source, Writer, file_identity
from search.training.errors import DataError

NAMED = 10
"""So many file names stand in a message; the complete list goes into a file."""

LARGEST_SIDE = 224
"""Images of different sizes become squares of the median of their shorter sides, and not larger than this: the
size that He et al. 2016 and most since train at."""

LARGEST_COMMON_SIDE = 512
"""Images that are all of one size keep it up to this: 0.8 MB each in RGB; a camera's photographs would take 36."""

Result = TypeVar("Result")


@datasets.register("image_folder")
def image_folder(config: DataConfig, directory: Path | None) -> Source:
    """Your own images: DIR/train/<class>/… with val/ and test/ where there are such, or DIR/<class>/… alone."""
    if directory is None:
        raise DataError("image_folder needs the folder of the images: --data-dir DIR")
    layout = read_layout(directory)
    files = {
        split: [file_identity(path, directory) for path, _ in images]
        for split, images in layout.splits.items()
    }
    identity = {"files": files, "classes": layout.classes, "size": config.size}
    return Source("image_folder", identity, partial(_decode, layout, config.size))


def common_shape(headers: Sequence[Header], size: int | None) -> tuple[int, int, int]:
    """Return the (height, width, channels) that a folder's images are decoded to.

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


def _decode(layout: Layout, size: int | None, writer: Writer) -> Contents:
    paths = [path for images in layout.splits.values() for path, _ in images]
    with _quiet_pillow(), ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        # Threads, because Pillow lets go of the interpreter's lock while it decodes and resizes.
        headers = _all_or_refuse(pool, read_header, [(path,) for path in paths], layout, writer)
        shape = common_shape(headers, size)
        stored = {
            split: writer.split(split, [label for _, label in images], shape)
            for split, images in layout.splits.items()
        }
        rows = [
            (path, stored[split], row)
            for split, images in layout.splits.items()
            for row, (path, _) in enumerate(images)
        ]
        _all_or_refuse(pool, _store, rows, layout, writer)
    return Contents(layout.classes, _notes(layout, paths, headers, shape, size))


def _store(path: Path, images: Images, row: int) -> None:
    images[row] = read_pixels(path, *images.shape[1:])


def _all_or_refuse(
    pool: ThreadPoolExecutor,
    function: Callable[..., Result],
    calls: Sequence[tuple[Any, ...]],
    layout: Layout,
    writer: Writer,
) -> list[Result]:
    """Call a function for every file, its first argument; refuse the folder if any of them is unreadable."""

    def attempt(arguments: tuple[Any, ...]) -> Result | UnreadableImage:
        try:
            return function(*arguments)
        except UnreadableImage as error:
            return error

    results = list(pool.map(attempt, calls))
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
    named = "".join(f"\n  {_shown(name)} {error}" for name, error in failed[:NAMED])
    more = f"\n  and {len(failed) - NAMED} more" if len(failed) > NAMED else ""
    return (
        f"{len(failed)} file{'s' * (len(failed) > 1)} in {layout.root} cannot be read:{named}{more}\n"
        f"Repair or remove them; or leave them out: all their names are in {listed}, "
        f"copy it to {layout.root / SKIP_LIST}"
    )


def _shown(name: str) -> str:
    """Return a file's name as one line that any terminal takes; such names need not be UTF-8."""
    return name if name.isprintable() else ascii(name)


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


@contextmanager
def _quiet_pillow() -> Iterator[None]:
    """Silence Pillow's warnings about odd metadata and large images; what matters is raised by `image_file`."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        yield

"""The validation images of a run, read without torch: where the cache of this machine has them.

A search writes into `images.json` which entry of the cache holds the images that its trials are validated on. The
entry belongs to the machine on which the search was begun, or last resumed.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from search.runs.layout import RunLayout
from search.training.cache_folder import cache_folder
from search.training.errors import DataError

Pixels = npt.NDArray[np.uint8]

ENTRY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
"""What an entry of the cache may be called: one folder, never a path."""

SPLITS = ("train", "validation")
MOST_BYTES = 4 * 2**20
"""Of images.json: the names of 100,000 classes."""

MOST_IMAGES = 500
"""That are read at once."""

MOST_PIXELS = 64 * 2**20
"""Bytes of the images that are read at once."""


class NoImages(LookupError):  # noqa: N818 (says what is the case)
    """The images of a run cannot be shown; the message says why, in a sentence."""


@dataclass(frozen=True, eq=False)
class RunImages:
    """The source of a run's validation images: ``pixels`` (N, H, W, C) memory-mapped, C is 1 or 3."""

    pixels: Pixels

    def at(self, indices: npt.ArrayLike) -> Pixels:
        """Return copies of some images.

        Args:
            indices: (n,) rows of the source, as in validation.npz; at most `MOST_IMAGES`.

        Returns:
            (n, H, W, C) uint8.

        Raises:
            NoImages: a row is not there, or they are too many or too large.
        """
        rows = np.asarray(indices, dtype=np.int64)
        bytes_each = math.prod(self.pixels.shape[1:])
        if len(rows) > MOST_IMAGES or len(rows) * bytes_each > MOST_PIXELS:
            raise NoImages(f"{len(rows):,} images of {bytes_each:,} bytes are too many to be shown at once.")
        if len(rows) and (rows.min() < 0 or rows.max() >= len(self.pixels)):
            raise NoImages(
                f"The cache holds images 0 to {len(self.pixels) - 1:,}, but image {rows.max():,} was asked for: "
                "the predictions are of other images."
            )
        return np.array(self.pixels[rows])


def describe(
    split: str, classes: tuple[str, ...], shape: tuple[int, int, int], validation: object
) -> dict[str, Any]:
    """Return what stands in images.json.

    Args:
        split: the fingerprint of the images and their split.
        classes: their names in the order of the labels.
        shape: (C, H, W) of an image.
        validation: the source of the validation images, pixels or names of files; where it is no file of the cache,
            none is named.
    """
    said: dict[str, Any] = {"split": split, "classes": list(classes), "shape": list(shape)}
    if (file := getattr(validation, "filename", None)) is not None:
        said |= {"entry": Path(file).parent.name, "rows": Path(file).name.partition(".")[0]}
    return said


def refuse_other_images(layout: RunLayout, split: str, source: object) -> None:
    """Refuse images, or a split of them, that are not those of a run: its trials could not be compared with new ones.

    Args:
        layout: of the run.
        split: the fingerprint of the images and their split.
        source: the folder or the name of the images, for the sentence.

    Raises:
        DataError: they are others, or the run does not say which it began with.
    """
    try:
        began = _document(layout).get("split")
    except NoImages as error:
        raise DataError(f"{layout.images}: put that file back, or begin a new search. {error}") from error
    if split != began:
        raise DataError(
            f"{source}: these are not the images that {layout.root.name} began with: its trials could not be compared; "
            "put those back, or begin a new search"
        )


def image_entry(layout: RunLayout) -> str | None:
    """Return the entry of the cache that a run's images are, `<name>-<fingerprint>`; None where it does not say one."""
    try:
        entry = _document(layout).get("entry")
    except NoImages:
        return None
    return entry if isinstance(entry, str) and ENTRY.fullmatch(entry) else None


def class_names(layout: RunLayout, count: int) -> tuple[str, ...]:
    """Return the names of a run's classes; their numbers where it does not say them.

    Args:
        layout: of the run.
        count: of the classes; where other names are written down, they are of other images and left out.
    """
    try:
        names = _document(layout).get("classes", [])
    except NoImages:
        names = []
    known = isinstance(names, list) and len(names) == count
    return tuple(str(name)[:80] for name in names) if known else tuple(str(number) for number in range(count))


def open_images(layout: RunLayout, *, cache: Path | None = None) -> RunImages:
    """Open the images that a run's trials are validated on; no pixel is read yet.

    Args:
        layout: of the run.
        cache: the cache's folder; None for this machine's.

    Raises:
        NoImages: an older version made the run, another machine, or the cache was cleared.
    """
    said = _document(layout)
    entry, rows = said.get("entry"), said.get("rows")
    if entry is None:
        raise NoImages(
            "This run does not say where its images are, as runs of an older version: resume it once to have it said."
        )
    if not isinstance(entry, str) or not ENTRY.fullmatch(entry) or rows not in SPLITS:
        raise NoImages(
            f"{layout.images} names {str(entry)[:80]!r}, which is no entry of the cache of images."
        )
    home = (cache_folder(cache) / "images").resolve()
    path = (home / entry / f"{rows}.images.npy").resolve()
    if not path.is_relative_to(home):
        raise NoImages(f"{home / entry} leads out of the cache of images.")
    return RunImages(_mapped(path, said.get("shape")))


def _mapped(path: Path, shape: Any) -> Pixels:
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        if path.with_name(path.name.replace(".images.", ".files.")).exists():
            raise NoImages(
                "The images of this run are decoded on the fly from their files, so the cache has none of them to show."
            ) from None
        raise NoImages(
            f"The decoded images are not on this machine: {path} is not there. The search ran on another machine, or "
            "the cache was cleared; to resume the run here decodes them again."
        ) from None
    except (OSError, ValueError, EOFError) as error:
        raise NoImages(f"{path} cannot be read: {error}") from error
    channels_first = [*found.shape[3:], *found.shape[1:3]]
    if (
        found.dtype != np.uint8
        or found.ndim != 4
        or channels_first != shape
        or channels_first[0] not in (1, 3)
    ):
        raise NoImages(
            f"{path} holds {found.dtype} of shape {found.shape}, but images of {shape} are expected."
        )
    return found  # type: ignore[no-any-return]  # uint8, as was just checked


def _document(layout: RunLayout) -> Mapping[str, Any]:
    try:
        with layout.images.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        found = json.loads(content) if len(content) <= MOST_BYTES else None
    except FileNotFoundError:
        raise NoImages("This run does not say which images it was validated on.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise NoImages(f"{layout.images} cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise NoImages(f"{layout.images} is no description of images.")
    return found

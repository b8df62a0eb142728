"""The decoded images of this machine: written once, memory-mapped by every process.

A folder ``images/<name>-<fingerprint>`` appears by one rename when all its files are complete and on disk, so
what exists is whole. Builders of the same folder wait for each other on a lock that the kernel frees on death.
A set of files that is too large for the disk has a folder ``images/<name>_files-<fingerprint>`` instead, with the
names of the files and the moments of their images in place of the pixels; its fingerprint is also that of where they
lie.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from search.plan.trial_config import Access
from search.training.cache_folder import cache_folder, locked
from search.training.data.access import fits_disk
from search.training.data.file_images import FileImages
from search.training.data.source import Contents, Images, Labels, Source, Survey, Writer
from search.training.errors import DataError

FORMAT = 2
"""Raised whenever the same source would give other bytes or other files."""

SPLITS = ("train", "validation", "test")

LENIENT = ("auto", None)
"""Who asks so does not insist on a way to the pixels."""

BYTES_AT_ONCE = 2**24
"""Of pixels whose moments are summed at once, of which there are nine times as many in whole numbers meanwhile:
5,461 images of 32×32×3, 111 of 224×224×3."""


@dataclass(frozen=True)
class CachedSplit:
    """One split on disk: images (N, H, W, C), labels (N,), moments (N, C, 2): sums of x and of x² per image."""

    images: Images | FileImages
    labels: Labels
    moments: npt.NDArray[np.int64]


@dataclass(frozen=True)
class CachedSet:
    """A decoded data set: its fingerprint, class names, notes for the user, and splits by name."""

    fingerprint: str
    contents: Contents
    splits: dict[str, CachedSplit]

    @property
    def nbytes(self) -> int:
        """What all images take when they are decoded."""
        return sum(split.images.nbytes for split in self.splits.values())


class _TooLarge(Exception):  # noqa: N818 - a finding, never seen outside
    """Decoded images that find no room on the disk; it holds what is known of the files."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey


def cached(source: Source, cache: Path | None = None, *, access: Access | None = None) -> CachedSet:
    """Return the images of a source, decoding them first where this machine has none.

    Args:
        source: the data set.
        cache: the cache's folder; None for the default of `cache_folder`.
        access: ``decoded`` leaves the pixels in their files; ``auto`` does where they would not fit the disk. None
            takes them as they lie here, for a look at what somebody has searched on; where they do not: ``auto``.

    Returns:
        The memory-mapped set.

    Raises:
        DataError: the source cannot be decoded, the cache's folder cannot be written, somebody took files out of it,
            or the pixels are in no files of their own.
    """
    identity = json.dumps({"format": FORMAT, **source.identity}, sort_keys=True)
    fingerprint = hashlib.sha256(identity.encode()).hexdigest()[:16]
    decoded = entry_folder(f"{source.name}-{fingerprint}", cache)
    # What stays in its files is an entry of their paths, which are others once the folder was moved.
    where = hashlib.sha256(fingerprint.encode() + os.fsencode(source.root)).hexdigest()[:16]
    listed = entry_folder(f"{source.name}_files-{where}", cache)
    if access == "decoded" and source.survey is None:
        raise DataError(
            f"data.access is decoded, but the images of {source.name} are in no files of their own, as those of "
            "image_folder and image_csv are; auto, resident or streamed is expected"
        )
    try:
        return _open(_made(source, decoded, listed, access))
    except OSError as error:
        raise DataError(
            f"cannot decode {source.name} into {decoded.parent} ({error}); where that is for want of room or "
            "rights, set WINNOW_CACHE to another folder"
        ) from error


def _made(source: Source, decoded: Path, listed: Path, access: Access | None) -> Path:
    """Return the folder of a source's images, made where it was missing."""
    folder = listed if _stay_in_files(decoded, listed, access) else decoded
    if not folder.exists():
        try:
            _make_once(folder, lambda partial: _fill(source, partial, access))
        except _TooLarge as found:
            survey = found.survey
            folder = listed
            _make_once(folder, lambda partial: _enlist(source, survey, partial))
    return folder


def _stay_in_files(decoded: Path, listed: Path, access: Access | None) -> bool:
    """Tell whether images are left in their files; of some that were left there before ``auto`` knows the size."""
    if access not in LENIENT:
        return access == "decoded"
    if decoded.exists() or not listed.exists():
        return False
    return access is None or not fits_disk(_open(listed).nbytes, listed)


def entry_folder(entry: str, cache: Path | None = None) -> Path:
    """Return where a decoded set lies on this machine, or would.

    Args:
        entry: `<name>-<fingerprint>`.
        cache: the cache's folder; None for the default of `cache_folder`.
    """
    return cache_folder(cache) / "images" / entry


def opened(entry: str, cache: Path | None = None) -> CachedSet | None:
    """Return the decoded images of an entry of the cache, without a look at where they came from.

    Args:
        entry: `<name>-<fingerprint>`.
        cache: the cache's folder; None for the default of `cache_folder`.

    Returns:
        The memory-mapped set; None where this machine has no such entry.

    Raises:
        DataError: somebody took files out of it.
    """
    folder = entry_folder(entry, cache)
    return _open(folder) if folder.exists() else None


def received(entry: str, receive: Callable[[Path], None], cache: Path | None = None) -> None:
    """See to it that an entry of the cache is there, by taking it over from another machine where it is not.

    Args:
        entry: `<name>-<fingerprint>`.
        receive: writes all files of it into a folder; called only where this machine has none.
        cache: the cache's folder; None for the default of `cache_folder`.

    Raises:
        DataError: the cache's folder cannot be written.
    """
    folder = entry_folder(entry, cache)
    if folder.exists():
        return
    try:
        _make_once(folder, receive)
    except OSError as error:
        raise DataError(
            f"cannot take the images {entry} over into {folder.parent} ({error}); where that is for want of room or "
            "rights, set WINNOW_CACHE to another folder"
        ) from error


def _make_once(folder: Path, make: Callable[[Path], None]) -> None:
    with locked(folder.with_name(folder.name + ".lock")):
        if not folder.exists():  # another process may have made it while this one waited
            _remove_abandoned(folder.parent)
            _make(folder, make)


def _remove_abandoned(folder: Path) -> None:
    """Remove what killed builders of other entries left: nobody may ever ask for those again."""
    for partial in folder.glob("*.partial"):
        # Refused: its builder lives, and may be this process; or it is another user's.
        with suppress(OSError), partial.with_suffix(".lock").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(partial, ignore_errors=True)


def _make(folder: Path, make: Callable[[Path], None]) -> None:
    """Fill a folder beside the final one, then rename. Called under the lock, so leftovers are dead."""
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        make(partial)
        _sync(partial)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _fill(source: Source, partial: Path, access: Access | None) -> None:
    """Write a source into a folder.

    Raises:
        _TooLarge: its decoded images find no room, and nobody insists.
    """
    writer = Writer(partial)
    if source.survey is None:
        return _decode(source, source.decode, partial)
    survey = source.survey(writer)
    if access == "decoded":
        return _enlist(source, survey, partial)
    if access in LENIENT and not fits_disk(survey.nbytes, partial):
        raise _TooLarge(survey)
    return _decode(source, survey.decode, partial)


def _decode(source: Source, decode: Callable[[Writer], Contents], partial: Path) -> None:
    contents = decode(Writer(partial))
    for path in partial.glob("*.images.npy"):
        np.save(
            path.with_name(path.name.replace(".images.", ".moments.")),
            moments(np.load(path, mmap_mode="r", allow_pickle=False)),
        )
    _describe(source, contents, partial)


def _enlist(source: Source, survey: Survey, partial: Path) -> None:
    _describe(source, survey.enlist(Writer(partial)), partial, shape=survey.shape)


def _describe(
    source: Source, contents: Contents, partial: Path, *, shape: tuple[int, int, int] | None = None
) -> None:
    """Write down what the files are; the shape (H, W, C) is that of images that are not among them."""
    description = {
        "format": FORMAT,
        "name": source.name,
        "classes": contents.classes,
        "notes": contents.notes,
        "splits": [name for name in SPLITS if (partial / f"{name}.labels.npy").exists()],
        **({"shape": shape} if shape else {}),
    }
    (partial / "contents.json").write_text(json.dumps(description, indent=1))


def moments(images: Images) -> npt.NDArray[np.int64]:
    """Return (N, C, 2): each image's sums of x and of x² per channel, from which any split's mean follows.

    Args:
        images: (N, H, W, C).
    """
    flat = images.reshape(len(images), -1, images.shape[3])
    sums = np.empty((len(images), images.shape[3], 2), dtype=np.int64)
    step = max(1, BYTES_AT_ONCE // max(1, flat[:1].nbytes))
    for start in range(0, len(images), step):
        chunk = flat[start : start + step].astype(np.int32)
        sums[start : start + step, :, 0] = chunk.sum(axis=1, dtype=np.int64)
        sums[start : start + step, :, 1] = np.square(chunk).sum(axis=1, dtype=np.int64)
    return sums


def _sync(folder: Path) -> None:
    """Force every file of the folder to the disk before the rename makes them visible."""
    for path in folder.iterdir():
        with path.open("rb") as handle:
            os.fsync(handle.fileno())


def _open(folder: Path) -> CachedSet:
    try:
        description = json.loads((folder / "contents.json").read_text())
        contents = Contents(tuple(description["classes"]), tuple(description["notes"]))
        shape = description.get("shape")
        splits = {name: _open_split(folder, name, shape) for name in description["splits"]}
    except (OSError, ValueError) as error:  # it was whole when it was made
        raise DataError(
            f"the decoded images in {folder} are damaged ({error}); delete that folder to have them decoded again"
        ) from error
    return CachedSet(folder.name.rpartition("-")[2], contents, splits)


def _open_split(folder: Path, name: str, shape: list[int] | None) -> CachedSplit:
    # Read-only: a private writable mapping of more than the memory and swap is refused (40 GB on 24 GB: ENOMEM).
    pixels = np.load(
        folder / f"{name}.{'files' if shape else 'images'}.npy", mmap_mode="r", allow_pickle=False
    )
    labels = np.load(folder / f"{name}.labels.npy", allow_pickle=False)
    images = FileImages(pixels, (len(pixels), shape[0], shape[1], shape[2])) if shape else pixels
    return CachedSplit(images, labels, np.load(folder / f"{name}.moments.npy", allow_pickle=False))

"""Exported trials of a run: what was written, how it was checked, and a zip file of it to take away."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path

from search.runs.layout import RunLayout
from search.winner.bundle import Bundle, BundleError, checksum, read_checksums

MOST_BYTES = 500 * 2**20
"""Of a bundle that is offered as a download: it is packed in memory."""

MOST_FILES = 50
"""Of a bundle; what has more is none of ours."""

MOST_TEXT = 64 * 1024
"""Bytes that are read of verification.json."""


@dataclass(frozen=True)
class Shown:
    """A bundle below a run's folder.

    ``sizes`` are the bytes of its files by name, ``checksums`` their SHA-256, ``check`` says how it was checked.
    """

    trial: int
    folder: Path
    sizes: dict[str, int]
    checksums: dict[str, str]
    check: str

    @property
    def bytes(self) -> int:
        """Of all its files together."""
        return sum(self.sizes.values())


def bundle_of(layout: RunLayout, trial: int) -> Shown | None:
    """Return the bundle of a trial; None where it was not exported, or the folder is no whole bundle.

    Args:
        layout: of the run: nothing outside of its folder is looked at.
        trial: its number.
    """
    folder = layout.winner / f"trial-{trial}"
    if not folder.is_dir() or not folder.resolve().is_relative_to(layout.root.resolve()):
        return None
    try:
        checksums = read_checksums(Bundle(folder))
        if len(checksums) > MOST_FILES:
            return None
        sizes = {name: _size(folder / name) for name in checksums}
    except (BundleError, OSError):
        return None
    return Shown(trial, folder, sizes, checksums, _check(Bundle(folder).verification))


def zipped(shown: Shown) -> bytes:
    """Return a bundle as a zip file, each file below the bundle's name.

    Raises:
        BundleError: it is too large, or a file is not what its checksum says.
    """
    if shown.bytes > MOST_BYTES:
        raise BundleError(f"{shown.folder} has {shown.bytes:,} bytes; at most {MOST_BYTES:,} are packed")
    packed = io.BytesIO()
    # Stored: weights do not become smaller.
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name in shown.sizes:
            path = shown.folder / name
            _size(path)
            if checksum(path) != shown.checksums[name]:
                raise BundleError(
                    f"{path} is not what {Bundle(shown.folder).checksums.name} says: export it again"
                )
            archive.write(path, f"{shown.folder.name}/{name}")
        archive.write(
            Bundle(shown.folder).checksums, f"{shown.folder.name}/{Bundle(shown.folder).checksums.name}"
        )
    return packed.getvalue()


def _size(path: Path) -> int:
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise BundleError(f"{path} is no plain file")
    return found.st_size


def _check(path: Path) -> str:
    """Return how a bundle was checked, in a sentence; empty where it does not say."""
    try:
        with path.open("rb") as file:
            said = json.loads(file.read(MOST_TEXT))
        return (
            f"Loaded again in a new process: the same class for {int(said['agree']):,} of {int(said['images']):,} "
            f"validation images, logits within {float(said['difference']):.1g} of the largest one "
            f"(allowed: {float(said['tolerance']):g})."
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""

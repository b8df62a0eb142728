"""Exported models of a run: what was written, how each file was checked, and what of it can be taken away."""

from __future__ import annotations

import io
import json
import math
import stat
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from search.runs.layout import NAME, RunLayout
from search.winner.bundle import Bundle, BundleError, checksum, read_checksums

MOST_BYTES = 500 * 2**20
"""Of a bundle or a file that is offered as a download: it is packed in memory."""

MOST_FILES = 50
"""Of a bundle; what has more is none of ours."""

MOST_BUNDLES = 100
"""That are listed."""

MOST_TEXT = 256 * 1024
"""Bytes that are read of verification.json."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Shown:
    """A bundle below a run's folder.

    ``sizes`` are the bytes of its files by name, ``checksums`` their SHA-256, ``formats`` a row for each format that
    was checked; see `format_rows`. ``note`` says in a sentence what these rows rest on.
    """

    folder: Path
    sizes: dict[str, int]
    checksums: dict[str, str]
    formats: tuple[Row, ...] = field(default=())
    note: str = ""

    @property
    def name(self) -> str:
        """Of its folder, such as ``trial-7`` or ``ensemble``."""
        return self.folder.name

    @property
    def title(self) -> str:
        """What it is, in words."""
        kind, _, number = self.name.partition("-")
        return f"Trial {number}" if kind == "trial" and number.isdecimal() else self.name.capitalize()

    @property
    def bytes(self) -> int:
        """Of all its files together."""
        return sum(self.sizes.values())


def bundles(layout: RunLayout) -> list[Shown]:
    """Return the finished bundles of a run, the newest first; whatever is no whole bundle is left out.

    Args:
        layout: of the run: nothing outside of its folder is looked at.
    """
    try:
        folders = [path for path in layout.winner.iterdir() if NAME.fullmatch(path.name)]
        newest = sorted(folders, key=lambda path: path.lstat().st_mtime_ns, reverse=True)
    except OSError:
        return []
    found = (bundle_of(layout, path.name) for path in newest[:MOST_BUNDLES])
    return [one for one in found if one is not None]


def bundle_of(layout: RunLayout, name: str) -> Shown | None:
    """Return the bundle of a name; None where there is none, or the folder is no whole bundle.

    Args:
        layout: of the run: nothing outside of its folder is looked at.
        name: of a folder in its ``winner/``.
    """
    folder = layout.winner / name
    if not NAME.fullmatch(name) or not folder.is_dir():
        return None
    if not folder.resolve().is_relative_to(layout.root.resolve()):
        return None
    try:
        checksums = read_checksums(Bundle(folder))
        if len(checksums) > MOST_FILES:
            return None
        sizes = {name: _size(folder / name) for name in checksums}
    except (BundleError, OSError):
        return None
    said = _verification(Bundle(folder).verification)
    return Shown(folder, sizes, checksums, tuple(format_rows(said)), _note(said))


def format_rows(said: Mapping[str, Any]) -> list[Row]:
    """Return a row for each format of a verification.json; none where it does not say.

    Columns: format, difference (from the trained model, relative to the largest output), tolerance, same (answers in
    words), bytes, latency_1 and latency_32 (milliseconds for a batch), accuracy, lost (accuracy, of one that is not
    exact). What is not known is NaN or empty.
    """
    try:
        # Format 1 had the safetensors alone.
        return [_row(one) for one in said.get("formats", [{"name": "safetensors", **said}])]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def of_all(shown: Shown) -> str:
    """Return how a bundle was checked, in a sentence; empty where it does not say."""
    count = len(shown.formats)
    if not count:
        return ""
    what = "It was" if count == 1 else f"Each of its {count} formats was"
    return f"{what} loaded again in a new process and compared with the trained model."


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
            archive.write(_checked(shown, name), f"{shown.folder.name}/{name}")
        sums = Bundle(shown.folder).checksums
        archive.write(sums, f"{shown.folder.name}/{sums.name}")
    return packed.getvalue()


def one_file(shown: Shown, name: str) -> bytes:
    """Return a file of a bundle.

    Raises:
        BundleError: it is too large, or not what its checksum says.
    """
    if shown.sizes[name] > MOST_BYTES:
        raise BundleError(f"{name} has {shown.sizes[name]:,} bytes; at most {MOST_BYTES:,} are given out")
    return _checked(shown, name).read_bytes()


def _checked(shown: Shown, name: str) -> Path:
    path = shown.folder / name
    _size(path)
    if checksum(path) != shown.checksums[name]:
        raise BundleError(f"{path} is not what {Bundle(shown.folder).checksums.name} says: export it again")
    return path


def _size(path: Path) -> int:
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise BundleError(f"{path} is no plain file")
    return found.st_size


def _verification(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            said = json.loads(file.read(MOST_TEXT))
    except (OSError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _note(said: Mapping[str, Any]) -> str:
    images, split, machine = said.get("images"), said.get("split_images"), said.get("machine")
    if not isinstance(images, int) or not isinstance(split, int) or not machine:
        return ""
    which = f"all {split:,}" if images == split else f"{images:,} of {split:,}"
    return f"Compared on {which} validation images. Times are of one thread of {machine!s:.100}."


def _row(said: Mapping[str, Any]) -> Row:
    agree, images = int(said["agree"]), int(said["images"])
    return {
        "format": str(said["name"]),
        "difference": float(said["difference"]),
        "tolerance": float(said["tolerance"]),
        "same": f"{agree:,} of {images:,}",
        "bytes": _number(said.get("bytes")),
        "latency_1": 1000 * _number(said.get("latency_1")),
        "latency_32": 1000 * _number(said.get("latency_32")),
        "accuracy": _number(said.get("accuracy")),
        "lost": _lost(said),
    }


def _lost(said: Mapping[str, Any]) -> str:
    """Return by how much a format's accuracy is below the trained model's, in words; empty where it is exact."""
    loss, low, high = (_number(said.get(name)) for name in ("loss", "loss_low", "loss_high"))
    if math.isnan(loss):
        return ""
    return f"{loss:.4f}" if math.isnan(low + high) else f"{loss:.4f} ({low:.4f} to {high:.4f})"


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan

"""What was read of a log folder, kept on this machine, so that the next process reads only what came since.

One file a folder, without pickle: NumPy's .npz, whose parts carry a CRC-32 that is verified. It appears by a rename, so
that a reader never sees half of it. One that is damaged, of another format, or about files that are no longer these
is passed over, and the logs are read anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from search.plan.place import in_bucket
from search.runs.logs.cube import Cube, Points, joined
from search.runs.logs.event_file import EventFile
from search.runs.logs.session import Session
from search.runs.logs.state import State
from search.runs.logs.store import Look
from search.training.atomic import written_atomically
from search.training.cache_folder import cache_folder

FORMAT = 1
"""Raised whenever the same logs would be read otherwise."""

WORTH = 2**20
"""Bytes of logs that are read as quickly as their cache; and as many must be new, or half as many as there are, before
it is written again."""

LARGEST = 2**31
"""Bytes of all caches together; the ones that were used least recently are deleted."""

COLUMN, COLUMNS = "points.", tuple(field.name for field in fields(Points))
"""Names of the arrays of values."""


def logs_folder() -> Path:
    """Return where caches of logs are: below $WINNOW_CACHE, $XDG_CACHE_HOME/winnow or ~/.cache/winnow."""
    return cache_folder() / "logs"


class Cache:
    """The cache of one log folder.

    Args:
        root: the address of the logs.
        folder: where caches are; None for `logs_folder`.
    """

    def __init__(self, root: str, *, folder: Path | None = None) -> None:
        address = root if in_bucket(root) else str(Path(root).resolve())
        name = hashlib.sha256(address.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        self.path = (folder or logs_folder()) / f"{name}.npz"
        self._saved = 0

    def load(self) -> State | None:
        """Return what was kept; None where there is nothing, or nothing of use."""
        try:
            with self.path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                state = _restored({name: arrays[name] for name in arrays.files})
        except FileNotFoundError:
            return None
        # Whatever is wrong with the file shows as one of these, from zipfile, NumPy, JSON or our own fields.
        except (
            OSError,
            ValueError,
            KeyError,
            TypeError,
            IndexError,
            EOFError,
            BadZipFile,
            NotImplementedError,
        ):
            return None
        with suppress(OSError):
            os.utime(self.path)
        self._saved = _bytes_read(state) if state else 0
        return state

    def save(self, state: State) -> None:
        """Keep what is known, where that is worth it; a full disk is no error."""
        size = _bytes_read(state)
        if abs(size - self._saved) < max(WORTH, self._saved // 2):
            return
        with suppress(OSError):
            # Not durable: it can be read again.
            with written_atomically(self.path, durable=False) as file:
                np.savez(file, allow_pickle=False, **_arrays(state))
            _tidy(self.path.parent)
        self._saved = size


def _bytes_read(state: State) -> int:
    return sum(file.offset for file in state.files.values())


def _arrays(state: State) -> dict[str, Any]:
    """Return all that is known as arrays."""
    parts = {number: joined(pieces) for number, pieces in sorted(state.cube.pieces.items())}
    points = joined(tuple(parts.values())) if parts else None
    document = {
        "format": FORMAT,
        "numbered": state.numbered,
        "tags": list(state.decoder.tags),
        "counts": [[number, len(part)] for number, part in parts.items()],
        "files": [_document(file) for file in state.files.values()],
    }
    text = np.frombuffer(json.dumps(document).encode(), np.uint8)
    columns = {} if points is None else {f"{COLUMN}{name}": getattr(points, name) for name in COLUMNS}
    return {"document": text, **columns}


def _document(file: EventFile) -> dict[str, Any]:
    kept = dict(vars(file))
    kept["mark"] = file.mark.hex()
    kept["session"] = None if file.session == Session() else asdict(file.session)
    return kept


def _restored(arrays: dict[str, Any]) -> State | None:
    document = json.loads(arrays["document"].tobytes())
    if document["format"] != FORMAT:
        return None
    state = State()
    for tag in document["tags"]:
        state.decoder.number(tag)
    state.numbered = document["numbered"]
    for kept in document["files"]:
        file = _file(kept)
        if not 0 <= file.number < state.numbered:
            return None
        state.files[file.path] = file
    state.cube = _cube(arrays, document["counts"], state.numbered)
    return state


def _file(kept: dict[str, Any]) -> EventFile:
    size, changed, identity = kept["look"]
    session = (
        Session(**{**kept["session"], "metrics": tuple(kept["session"]["metrics"])})
        if kept["session"]
        else None
    )
    return EventFile(
        **{
            **kept,
            "look": Look(size, changed, tuple(identity)),
            "mark": bytes.fromhex(kept["mark"]),
            "session": session or Session(),
        }
    )


def _cube(arrays: dict[str, Any], counts: list[list[int]], files: int) -> Cube:
    """Return the values, checked: a file number out of range would be somebody else's row."""
    if not counts:
        return Cube()
    columns = {name: arrays[f"{COLUMN}{name}"] for name in COLUMNS}
    points = Points(**columns)
    ends = np.cumsum([count for _, count in counts])
    lengths = {len(column) for column in columns.values()} | {int(ends[-1])}
    if len(lengths) > 1:
        raise ValueError(f"columns of different lengths: {sorted(lengths)}")
    if points.file.min() < 0 or points.file.max() >= files:
        raise ValueError(f"a value of no file: there are {files}")
    bounds = [(end - count, end) for end, (_, count) in zip(ends.tolist(), counts, strict=True)]
    return Cube(
        {
            number: (points.where(slice(*bound)),)  # type: ignore[arg-type]
            for (number, _), bound in zip(counts, bounds, strict=True)
        }
    )


def _tidy(folder: Path) -> None:
    """Delete the caches that were used least recently, where all of them are too large together."""
    found = sorted(
        ((path.stat().st_mtime, path.stat().st_size, path) for path in folder.glob("*.npz")), reverse=True
    )
    total = 0
    for _, size, path in found:
        total += size
        if total > LARGEST:
            path.unlink(missing_ok=True)

"""What a trial said about every validation image, read back safely: a file of others may be damaged or huge."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from search.training.predictions import Predictions

MOST_BYTES = 512 * 2**20
"""Of the arrays of a file: 250,000 images of 1,000 classes."""

NAMES = ("format", "logits", "labels", "indices", "step")


DAMAGE = (
    OSError,
    ValueError,
    KeyError,
    EOFError,
    MemoryError,
    NotImplementedError,
    TypeError,
    zipfile.BadZipFile,
)
"""NumPy and zipfile have no error of their own for what is damaged."""


class PredictionsError(ValueError):
    """The predictions of a trial cannot be read; the message says why, in a sentence."""


def read_predictions(path: Path) -> Predictions:
    """Read a trial's validation.npz; nothing is unpickled, and nothing large is made before its size is known.

    Args:
        path: the file.

    Raises:
        PredictionsError: it is missing, damaged, too large, or its arrays do not belong together.
    """
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            _refuse_large(path, archive)
        found = Predictions.load(path)
    except FileNotFoundError:
        raise PredictionsError(f"{path} is not there: this trial has kept no predictions.") from None
    except PredictionsError:
        raise
    except KeyError as error:  # of the archive, whose text would stand in quotation marks
        raise PredictionsError(f"{path} is damaged: {error.args[0]}") from error
    except DAMAGE as error:
        raise PredictionsError(f"{path} is damaged: {error}") from error
    if reason := _mistake(found):
        raise PredictionsError(f"{path} is damaged: {reason}")
    return found


def count_images(path: Path) -> int | None:
    """Return of how many images a validation.npz speaks, from its header; None where it is missing or damaged."""
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive, archive.open("labels.npy") as member:
            shape, _ = _header(member)
    except DAMAGE:
        return None
    return shape[0] if len(shape) == 1 else None


def _refuse_large(path: Path, archive: zipfile.ZipFile) -> None:
    """Look at each array's header: NumPy would make room for what it says before it reads a byte."""
    total = 0
    for name in NAMES:
        info = archive.getinfo(f"{name}.npy")
        with archive.open(info) as member:
            size = _array_bytes(member)
        total += size
        if size > info.file_size:
            raise PredictionsError(
                f"{path} is damaged: {name} says {size:,} bytes and has {info.file_size:,}"
            )
    if total > MOST_BYTES:
        raise PredictionsError(
            f"{path} holds {total:,} bytes of predictions; at most {MOST_BYTES:,} are read."
        )


def _array_bytes(member: IO[bytes]) -> int:
    shape, dtype = _header(member)
    return math.prod(shape) * dtype.itemsize


def _header(member: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return shape and type of an array, of which no more than the header is read."""
    version = np.lib.format.read_magic(member)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(member)
    if dtype.hasobject:
        raise ValueError(f"an array of type {dtype} holds objects")
    return shape, dtype


def _mistake(found: Predictions) -> str:
    """Return what is wrong with the arrays; empty where nothing is."""
    logits, labels, indices = found.logits, found.labels, found.indices
    if logits.ndim != 2 or logits.dtype != np.float16 or logits.shape[1] < 2:
        return f"float16 logits (images, classes) are expected, but got {logits.dtype} {logits.shape}"
    if labels.shape != logits.shape[:1] or indices.shape != labels.shape or not len(labels):
        return f"{len(logits)} images, but labels {labels.shape} and indices {indices.shape}"
    if labels.dtype != np.int64 or indices.dtype != np.int64:
        return f"whole numbers are expected as labels and indices, but got {labels.dtype} and {indices.dtype}"
    if labels.min() < 0 or labels.max() >= logits.shape[1] or indices.min() < 0:
        return (
            f"labels of 0 to {logits.shape[1] - 1} and indices from 0 are expected, but got labels of "
            f"{labels.min()} to {labels.max()} and indices from {indices.min()}"
        )
    if not np.isfinite(logits).all():
        return "a logit is not finite"
    return f"a step of at least 1 is expected, but got {found.step}" if found.step < 1 else ""

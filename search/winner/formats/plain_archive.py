"""Whether an archive of `torch.export` is plain: weights as bytes, the graph as JSON, and nothing to unpickle.

`torch.export.load` unpickles where the archive says so, and also where it can read example inputs in no other way
(torch 2.15, `torch/export/pt2_archive/_package.py` and `torch/_export/serde/serialize.py`): a file of somebody else's
could then run any code. Ours need none of that, so what does is refused before torch looks at it.
"""

from __future__ import annotations

import io
import json
import pickle
import re
import zipfile
from pathlib import Path
from typing import Any

import torch

from search.winner.bundle import BundleError

PLAIN = re.compile(
    r"[^/]+/(data/weights/(weight_\d+|model_weights_config\.json)"
    r"|data/constants/(tensor_\d+|model_constants_config\.json)"
    r"|data/sample_inputs/model\.pt|models/model\.json|archive_format|archive_version|byteorder"
    r"|\.data/(version|serialization_id))"
)
"""The names of the parts of an archive that holds one model of tensors."""

MOST_BYTES = 2**20
"""Of the example inputs: two images of 200×200 in color; and of each list of what is where, 16 times as much."""


def refuse_pickles(path: Path) -> None:
    """Read an archive's table of contents, and make sure that torch will unpickle nothing of it.

    Raises:
        BundleError: it is missing or damaged, or has parts of another kind.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for part in archive.infolist():
                _check(path, archive, part)
    except BundleError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise BundleError(f"{path} cannot be read: {error}") from error
    except (zipfile.BadZipFile, pickle.UnpicklingError, EOFError) as error:
        raise BundleError(f"{path} is damaged: {error}") from error


def _check(path: Path, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    if not PLAIN.fullmatch(part.filename):
        raise BundleError(f"{path} holds {part.filename}, which is no part of a model of plain tensors")
    if part.filename.endswith("_config.json"):
        listed: Any = json.loads(_read(path, archive, part, 16 * MOST_BYTES))
        if any(entry.get("use_pickle") is not False for entry in listed["config"].values()):
            raise BundleError(f"{path} holds pickled tensors, which could run any code; they are not opened")
    if part.filename.endswith(".pt"):
        torch.load(io.BytesIO(_read(path, archive, part, MOST_BYTES)), weights_only=True)


def _read(path: Path, archive: zipfile.ZipFile, part: zipfile.ZipInfo, most: int) -> bytes:
    if part.file_size > most:
        raise BundleError(f"{path}: {part.filename} has {part.file_size:,} bytes; at most {most:,} are read")
    return archive.read(part)

"""A file of weights: where it is looked for, how it comes there, and what is in it. No pickle is run."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import torch
from torch import Tensor

from search.plan.plugins import plugin_file
from search.training.atomic import written_atomically
from search.training.errors import WeightsError
from search.training.transfer.published import Published

FOLDER = "WINNOW_WEIGHTS"
"""Names the folder that is looked into first, and that what is fetched goes to."""

ANSWERED = 10.0
"""Seconds in which a server must answer."""

READ_AT_ONCE = 2**20
"""Bytes."""

INSIDE = ("state_dict", "model_state_dict", "model")
"""Where a checkpoint of torchvision, Lightning or Winnow has the weights."""


@dataclass(frozen=True, eq=False)
class WeightsFile:
    """What a file holds.

    ``digest`` is its SHA-256. ``mean`` and ``std`` are those by which the images were normalised that it was trained
    on; None where it does not say.
    """

    path: Path
    digest: str
    weights: Mapping[str, Tensor]
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None

    @property
    def text(self) -> str:
        """The file's name and the first digits of its SHA-256."""
        return f"{self.path.name}, SHA-256 {self.digest[:16]}"


def places() -> list[Path]:
    """Return the folders where published weights are looked for: $WINNOW_WEIGHTS, then torch's own cache."""
    named = os.environ.get(FOLDER)
    return [*([Path(named)] if named else []), Path(torch.hub.get_dir()) / "checkpoints"]


def published_file(known: Published) -> Path:
    """Return where published weights lie on this machine, fetched where they do not yet.

    Raises:
        WeightsError: they lie nowhere and cannot be fetched; the message says which file belongs into which folder.
    """
    there = [folder / known.file for folder in places()]
    for path in there:
        if path.is_file():
            return path
    try:
        _fetch(known, there[0])
    except (OSError, HTTPException) as error:
        folders = " or ".join(str(path.parent) for path in there)
        reason = " ".join(str(getattr(error, "reason", error)).split())
        raise WeightsError(
            f"the weights {known.file} are not in {folders}, and cannot be fetched ({reason}): put the file from "
            f"{known.url} into {there[0].parent}"
        ) from error
    return there[0]


def _fetch(known: Published, path: Path) -> None:
    """Fetch a file, whole or not at all; torch's own way waits without end, and leaves tqdm's thread behind."""
    digest = hashlib.sha256()
    with urlopen(known.url, timeout=ANSWERED) as answer, written_atomically(path, durable=False) as file:
        while data := answer.read(READ_AT_ONCE):
            digest.update(data)
            file.write(data)
        if not digest.hexdigest().startswith(known.digest):
            raise OSError(f"what came has the SHA-256 {digest.hexdigest()[:8]}…, not {known.digest}…")


def local_file(text: str) -> Path:
    """Return the file that a user's path means; of a bundle's folder it is its model.safetensors.

    Raises:
        WeightsError: there is none.
    """
    path = plugin_file(Path(text))
    path = path / "model.safetensors" if path.is_dir() else path
    if not path.is_file():
        raise WeightsError(
            f"there are no weights {text}: expected is a file .pt, .pth or .safetensors, or a bundle"
        )
    return path


def read_weights(path: Path, *, digest: str = "") -> WeightsFile:
    """Read a file of weights.

    Args:
        path: a state dict by torch or as safetensors, or a checkpoint that holds one.
        digest: with which its SHA-256 must begin.

    Raises:
        WeightsError: it is damaged, or holds no weights.
    """
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not found.startswith(digest):
        raise WeightsError(
            f"{path} is damaged: its SHA-256 begins with {found[:8]}, and {digest} is expected; delete it, and it is "
            "fetched again"
        )
    try:
        document = _of_safetensors(path) if path.suffix == ".safetensors" else _unpickled(path)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise WeightsError(
            f"{path} cannot be read as weights: {' '.join(str(error).split())[:200]}"
        ) from error
    weights = _state_dict(document)
    if not weights:
        raise WeightsError(
            f"{path} holds no weights: expected is a state dict, a mapping from names to tensors"
        )
    return WeightsFile(path, found, weights, *_statistics(path))


def _of_safetensors(path: Path) -> Any:
    # Late, so that training needs torch alone where no such file is read.
    from safetensors import SafetensorError  # noqa: PLC0415
    from safetensors.torch import load_file  # noqa: PLC0415

    try:
        return load_file(path)
    except SafetensorError as error:
        raise ValueError(str(error)) from error


def _unpickled(path: Path) -> Any:
    return torch.load(path, map_location="cpu", weights_only=True)


def _state_dict(document: Any) -> dict[str, Tensor]:
    for key in INSIDE:
        if isinstance(document, Mapping) and isinstance(document.get(key), Mapping):
            document = document[key]
    if not isinstance(document, Mapping):
        return {}
    return {str(name): value for name, value in document.items() if isinstance(value, Tensor)}


def _statistics(path: Path) -> tuple[tuple[float, ...], tuple[float, ...]] | tuple[None, None]:
    """Return the mean and deviation that a bundle's config.json has for the weights beside it."""
    try:
        document = json.loads((path.parent / "config.json").read_text(encoding="utf-8"))
        return tuple(map(float, document["mean"])), tuple(map(float, document["std"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None, None

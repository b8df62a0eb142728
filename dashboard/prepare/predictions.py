"""What `search.predict` says of images, from the lines that it prints: labels, probabilities, pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.prepare.pictures import png
from search.winner import explanations

TITLES = {
    "gradcam": "Grad-CAM",
    "integrated_gradients": "Integrated gradients",
    "occlusion": "Occlusion",
    "features": "Feature maps",
}
METHODS = {name: TITLES.get(name, name) for name in explanations.METHODS}
"""Ways to explain a prediction: the names that `--explain` takes, and what a page calls them."""

MOST_LABELS = 50
"""Of an image that are shown."""


@dataclass(frozen=True)
class Predicted:
    """An answer to one image. ``true`` is its label, empty where nobody knows it.

    ``labels`` and ``probabilities`` (0-1) are the most likely ones, the first is the answer; ``pictures`` are PNG files
    by method. ``reason`` says why the image could not be read: then all of these are empty.
    """

    image: str
    labels: tuple[str, ...] = ()
    probabilities: tuple[float, ...] = ()
    true: str = ""
    pictures: Mapping[str, bytes] | None = None
    reason: str = ""


def predictions(
    lines: Iterable[Mapping[str, Any]], folder: Path, names: Mapping[str, str]
) -> list[Predicted]:
    """Return the answers, in the order in which they came.

    Args:
        lines: of the verb.
        folder: where it writes its pictures; a picture elsewhere is not opened.
        names: what a visitor calls an image, by the path that the verb was given.
    """
    kinds = {"prediction": _prediction, "unreadable": _unreadable}
    found = [(kinds.get(str(line.get("event"))), line) for line in lines]
    return [made(line, folder, names) for made, line in found if made is not None]


def _prediction(line: Mapping[str, Any], folder: Path, names: Mapping[str, str]) -> Predicted:
    told = [one for one in line.get("predictions") or () if isinstance(one, dict)][:MOST_LABELS]
    paths = line.get("pictures") or {}
    pictures = {str(method): _picture(folder, str(path)) for method, path in paths.items()}
    return Predicted(
        _name(line, names),
        tuple(str(one.get("label", "")) for one in told),
        tuple(float(one.get("probability") or 0.0) for one in told),
        str(line.get("true", "")),
        {METHODS.get(method, method): found for method, found in pictures.items() if found},
    )


def _unreadable(line: Mapping[str, Any], folder: Path, names: Mapping[str, str]) -> Predicted:
    del folder
    name, path = _name(line, names), str(line.get("image", ""))
    reason = str(line.get("reason", "")).replace(path, name) if path else str(line.get("reason", ""))
    return Predicted(name, reason=reason or "it cannot be read")


def _name(line: Mapping[str, Any], names: Mapping[str, str]) -> str:
    said = str(line.get("image", ""))
    return names.get(said, said)


def _picture(folder: Path, name: str) -> bytes | None:
    path = (folder / name).resolve()
    return png(path) if path.is_relative_to(folder.resolve()) else None

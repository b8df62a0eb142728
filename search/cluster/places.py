"""Pieces of a cluster file: found by path, and told about with their line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from search.plan.document import Node
from search.plan.mistake import Mistake

Path = tuple[str | int, ...]
"""Keys and list positions from the top of a document."""


def value_at(document: Node, *path: str | int) -> Any:
    """Return what stands at a path of keys and list positions, as plain data; None where nothing does."""
    node = document
    for step in path:
        inner = node.content
        if isinstance(inner, dict) and step in inner:
            node = inner[str(step)]
        elif isinstance(inner, tuple) and isinstance(step, int) and step < len(inner):
            node = inner[step]
        else:
            return None
    return node.plain()


def mapping_at(document: Node, *path: str | int) -> dict[str, Any]:
    """Return the mapping at a path; an empty one where something else stands: the schema tells of that."""
    value = value_at(document, *path)
    return value if isinstance(value, dict) else {}


def mistake_at(document: Node, path: Path, found: str, expected: str, hint: str = "") -> Mistake:
    """Return a mistake with the line of a path, or of what is above it."""
    place = document.place_of(path)
    key = ".".join(map(str, path))
    return Mistake(file=place.file, line=place.line, key=key, found=found, expected=expected, hint=hint)


def texts(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield every text of plain data with its path, depth first."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(inner, (*path, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from texts(inner, (*path, position))

"""How many machines a cluster file asks for: minimum and maximum, of each kind and of all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from search.cluster.places import Path, mapping_at, mistake_at, value_at
from search.plan.document import Node
from search.plan.domain import is_whole
from search.plan.mistake import Mistake, nearest

RAYS_MAX_WORKERS = 2
"""What Ray takes where a file names no max_workers (`ray/autoscaler/aws/defaults.yaml`)."""


def size_mistakes(document: Node) -> Iterator[Mistake]:
    """Yield minimums above their maximum, and a head that is none of the machines."""
    kinds = mapping_at(document, "available_node_types")
    yield from _above(document, (), value_at(document, "min_workers"), value_at(document, "max_workers"))
    for kind in kinds:
        path = ("available_node_types", kind)
        low, high = (value_at(document, *path, key) for key in ("min_workers", "max_workers"))
        yield from _above(document, path, low, high)
    if kinds:
        yield from _all_kinds(document, kinds)
        yield from _head(document, kinds)


def _all_kinds(document: Node, kinds: dict[str, Any]) -> Iterator[Mistake]:
    asked = [kind.get("min_workers") for kind in kinds.values() if isinstance(kind, dict)]
    total: int = sum(each for each in asked if isinstance(each, int))
    most = value_at(document, "max_workers") if "max_workers" in mapping_at(document) else RAYS_MAX_WORKERS
    if is_whole(most) and total > most:
        expected = f"at least {total}, the sum of the min_workers of all node types"
        yield mistake_at(document, ("max_workers",), str(most), expected)


def _head(document: Node, kinds: dict[str, Any]) -> Iterator[Mistake]:
    head = value_at(document, "head_node_type")
    if not isinstance(head, str) or head not in kinds:
        found = "nothing" if head is None else repr(head)
        expected = "one of available_node_types, " + ", ".join(kinds)
        yield mistake_at(document, ("head_node_type",), found, expected, nearest(head, kinds))


def _above(document: Node, path: Path, low: object, high: object) -> Iterator[Mistake]:
    if is_whole(low) and is_whole(high) and low > high:
        yield mistake_at(document, (*path, "min_workers"), str(low), f"at most max_workers, {high}")

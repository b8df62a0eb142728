"""One `--set key=value` of the command line: it replaces what a document says at a dotted path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from search.plan.document import Node, Place, parse
from search.plan.mistake import Mistake, PlanError
from search.plan.preset import PRESET


def override(root: Node, assignments: Sequence[str]) -> tuple[Node, list[Mistake]]:
    """Apply assignments in their order, the later ones over the earlier.

    Args:
        assignments: each ``space.batch_size=[64,128]``: a dotted path into the document, and YAML.

    Returns:
        The new document, and what is wrong with the assignments.
    """
    mistakes: list[Mistake] = []
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        key = key.strip()
        place = Place(f"--set {key}")
        if not equals or not all(key.split(".")):
            expected = "a key and a value, as in --set space.batch_size=[64,128]"
            mistakes.append(Mistake(file="--set", found=repr(assignment), expected=expected))
            continue
        try:
            value, found = parse(text, place)
        except PlanError as error:
            mistakes += error.mistakes
            continue
        mistakes += found
        root = _with(root, key.split("."), replace(value, place=place))
    return root, mistakes


def _with(node: Node, path: list[str], value: Node) -> Node:
    """Return the node with the value at a path; what is not a mapping on the way gives way to one.

    A key of the document that is itself dotted (``augmentation.crop: 4``) is found too.
    """
    if not path:
        return value
    entries = dict(node.content) if isinstance(node.content, dict) else {}
    for length in range(len(path), 1, -1):
        if (dotted := ".".join(path[:length])) in entries:
            return replace(node, content={**entries, dotted: _with(entries[dotted], path[length:], value)})
    first = path[0]
    inner = entries.get(first, Node({}, value.place))
    if len(path) > 1 and not isinstance(inner.content, dict):
        inner = Node(_long_form(first, inner), value.place)
    return replace(node, content={**entries, first: _with(inner, path[1:], value)})


def _long_form(key: str, node: Node) -> dict[str, Node]:
    """Return what the shorthands `data: digits`, `augmentation: cifar` stand for, so that one key can be set."""
    word = "name" if key in ("data", "scheduler", "sampler") else PRESET if key == "augmentation" else None
    return {word: node} if word and isinstance(node.content, str) else {}

"""The start section of a YAML file: points of the space that a search tries first."""

from __future__ import annotations

from collections.abc import Iterator

from search.plan.document import Node
from search.plan.domain import is_value
from search.plan.mistake import Mistake, shown
from search.plan.preset import PRESET
from search.plan.space import Space
from search.plan.trial_config import Value


def read_start(node: Node | None, space: Space | None) -> tuple[tuple[dict[str, Value], ...], list[Mistake]]:
    """Read partial points; groups may be nested.

    Args:
        node: the section, None where the file has none.
        space: what the points are checked against, None where it has mistakes of its own.

    Returns:
        The points with flat dotted names, and what is wrong with them.
    """
    if node is None or node.content is None:
        return (), []
    if not isinstance(node.content, tuple):
        return (), [node.mistake("start", shown(node.plain()), "a list of points, each behind a `-`")]
    points, mistakes = [], []
    for index, item in enumerate(node.content):
        point, wrong = _read_point(item, f"start.{index}", space)
        points.append(point)
        mistakes += wrong
    return tuple(points), mistakes


def _read_point(node: Node, key: str, space: Space | None) -> tuple[dict[str, Value], list[Mistake]]:
    if not isinstance(node.content, dict):
        return {}, [node.mistake(key, shown(node.plain()), "a mapping from names to values")]
    point: dict[str, Value] = {}
    mistakes: list[Mistake] = []
    leaves = dict(_leaves(node.content, ""))
    for name, leaf in leaves.items():
        if isinstance(leaf.content, tuple | dict) or not is_value(leaf.content):
            mistakes.append(leaf.mistake(f"{key}.{name}", shown(leaf.plain()), "a plain value"))
        else:
            point[name] = leaf.content
    for mistake in space.mistakes(point, partial=True) if space else ():
        place = leaves[mistake.key].place
        mistakes.append(mistake.at(place.file, place.line, f"{key}.{mistake.key}"))
    return point, mistakes


def _leaves(content: dict[str, Node], prefix: str) -> Iterator[tuple[str, Node]]:
    for key, node in content.items():
        if isinstance(node.content, dict) and node.content:
            yield from _leaves(node.content, f"{prefix}{key}.")
        else:
            yield prefix.removesuffix(".") if prefix and key == PRESET else prefix + key, node

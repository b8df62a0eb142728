"""Paths among the settings of a space: relative ones start at the file that says them, and become absolute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from search.plan.document import Node, Place
from search.plan.vocabulary import Vocabulary

Absolute = Callable[[str, Place], str]
"""Makes a path absolute, as it belongs to where it stands."""


def with_absolute_files(content: dict[str, Node], words: Vocabulary, absolute: Absolute) -> dict[str, Node]:
    """Return the sections of a document with every file of the space and of its first points absolute.

    Args:
        content: the document's sections.
        words: say which settings are files, and which word each takes instead of one.
        absolute: is given each path and its place.
    """
    defaults = {setting.name: setting.default for setting in words.settings if setting.kind == "file"}

    def path(node: Node, word: object) -> Node:
        text = node.content
        plain = not isinstance(text, str) or not text or text == word
        return node if plain else replace(node, content=absolute(str(text), node.place))

    def resolved(node: Node, word: object) -> Node:
        if isinstance(node.content, dict):
            inner = {k: resolved(v, word) if k != "when" else v for k, v in node.content.items()}
            return replace(node, content=inner)
        if isinstance(node.content, tuple):
            return replace(node, content=tuple(path(each, word) for each in node.content))
        return path(node, word)

    def named(node: Node) -> Node:
        if not isinstance(node.content, dict):
            return node
        inner = {k: resolved(v, defaults[k]) if k in defaults else v for k, v in node.content.items()}
        return replace(node, content=inner)

    changed = dict(content)
    if "space" in content:
        changed["space"] = named(content["space"])
    if "start" in content and isinstance(points := content["start"].content, tuple):
        changed["start"] = replace(content["start"], content=tuple(map(named, points)))
    return changed

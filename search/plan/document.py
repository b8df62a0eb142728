"""A YAML 1.2 document that remembers where everything stands.

Only plain data is made, straight from the parser's events: no tags beyond the core schema, and bounded size,
depth and aliases.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    MappingEndEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from search.plan.mistake import Mistake, PlanError, shown
from search.plan.scalars import read_scalar
from search.plan.trial_config import Value

MAX_BYTES = 2**20
MAX_DEPTH = 32
MAX_NODES = 20_000  # aliases count with all that they stand for

_TAG = "tag:yaml.org,2002:"
_SCALAR_TAGS: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool, "null": type(None)}


@dataclass(frozen=True)
class Place:
    """Where something stands: a file's name or ``--set key``, and a line counted from 1."""

    file: str
    line: int | None = None


@dataclass(frozen=True)
class Node:
    """A piece of a document. What stands in a mapping has the place of its key."""

    content: Value | tuple[Node, ...] | dict[str, Node]
    place: Place

    def plain(self) -> object:
        """Return the content as plain lists, dictionaries and values."""
        if isinstance(self.content, dict):
            return {key: node.plain() for key, node in self.content.items()}
        if isinstance(self.content, tuple):
            return [node.plain() for node in self.content]
        return self.content

    def size(self) -> int:
        """Return the number of nodes, this one included."""
        if isinstance(self.content, dict | tuple):
            parts = self.content.values() if isinstance(self.content, dict) else self.content
            return 1 + sum(part.size() for part in parts)
        return 1

    def place_of(self, path: tuple[str | int, ...]) -> Place:
        """Return the place of what lies at a path of keys and list positions, else of what is above."""
        node = self
        for step in path:
            inner = node._part(step)
            if inner is None:
                break
            node = inner
        return node.place

    def mistake(self, key: str, found: str, expected: str, hint: str = "") -> Mistake:
        """Return a mistake at this place."""
        place = self.place
        return Mistake(file=place.file, line=place.line, key=key, found=found, expected=expected, hint=hint)

    def _part(self, step: str | int) -> Node | None:
        if isinstance(self.content, dict):
            return self.content.get(str(step))
        if isinstance(self.content, tuple) and isinstance(step, int) and step < len(self.content):
            return self.content[step]
        return None


def read_document(path: Path) -> tuple[Node, list[Mistake]]:
    """Read a YAML file.

    Returns:
        The document, and its duplicate keys, keys that are not text and unknown tags.

    Raises:
        PlanError: the file cannot be read, is too large, is not UTF-8, or has a syntax error.
    """
    file = str(path)
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise PlanError([Mistake(file=file, found=reason, expected="a readable YAML file")]) from error
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        found = f"the byte 0x{content[error.start]:02x}"
        raise PlanError([Mistake(file=file, line=line, found=found, expected="text in UTF-8")]) from error
    except ValueError as error:  # a path with a null character
        raise PlanError([Mistake(file=file, found=str(error), expected="the path of a YAML file")]) from error
    if len(content) > MAX_BYTES:
        found, expected = f"more than {MAX_BYTES:,} bytes", f"a YAML file of at most {MAX_BYTES:,} bytes"
        raise PlanError([Mistake(file=file, found=found, expected=expected)])
    return parse(text, Place(file, 1))


def parse(text: str, place: Place) -> tuple[Node, list[Mistake]]:
    """Read a YAML text.

    Args:
        place: of the text's first line; a place without a line gives everything in the text that same place.

    Returns:
        The document, and its duplicate keys, keys that are not text and unknown tags.

    Raises:
        PlanError: the text has a syntax error, or is too large or too deep.
    """
    builder = _Builder(YAML(typ="safe", pure=True).parse(text), place)
    try:
        return builder.document(), builder.mistakes
    except PlanError:
        raise
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = builder.place_at(mark.line if mark else 0).line
        raise PlanError([_syntax_mistake(place.file, line, error.problem or "an error")]) from error
    except (
        Exception
    ) as error:  # on odd input ruamel's scanner also lets ValueError, IndexError and others out
        line = builder.last.line
        raise PlanError([_syntax_mistake(place.file, line, str(error).partition("\n")[0])]) from error


def _syntax_mistake(file: str, line: int | None, problem: str) -> Mistake:
    return Mistake(file=file, line=line, found=f"a syntax error ({problem})", expected="YAML")


@dataclass
class _Builder:
    """Turns the parser's events into nodes."""

    events: Iterator[Any]  # ruamel's events carry no types for anchor and tag
    start: Place
    mistakes: list[Mistake] = field(default_factory=list)
    anchors: dict[str, Node] = field(default_factory=dict)
    nodes: int = 0
    last: Place = field(init=False)

    def __post_init__(self) -> None:
        self.last = self.start

    def place_at(self, line: int) -> Place:
        """Return the place of a line of the text, counted from 0."""
        return self.start if self.start.line is None else replace(self.start, line=self.start.line + line)

    def document(self) -> Node:
        """Read the one document of the stream; an empty stream is null."""
        root = Node(None, self.start)
        documents = 0
        for event in self.events:
            if isinstance(event, NodeEvent):
                documents += 1
                if documents > 1:
                    self._note(event, "a second document", "one document in the file")
                root = self._node(event, 0)
        return root

    def _node(self, event: Any, depth: int) -> Node:
        self.last = self.place_at(event.start_mark.line)
        if depth > MAX_DEPTH:
            found, expected = f"more than {MAX_DEPTH} levels", "a flatter document"
            raise PlanError(
                [Mistake(file=self.last.file, line=self.last.line, found=found, expected=expected)]
            )
        self._count(1)
        if isinstance(event, AliasEvent):
            return self._alias(event)
        if isinstance(event, ScalarEvent):
            node = Node(self._scalar(event), self.last)
        else:
            self._check_tag(event, "seq" if isinstance(event, SequenceStartEvent) else "map")
            place = self.last
            read = self._sequence if isinstance(event, SequenceStartEvent) else self._mapping
            node = Node(read(depth), place)
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def _alias(self, event: Any) -> Node:
        if event.anchor not in self.anchors:
            self._note(event, f"the alias *{event.anchor}", "an anchor of that name before it")
            return Node(None, self.last)
        node = self.anchors[event.anchor]
        self._count(node.size())
        return node

    def _sequence(self, depth: int) -> tuple[Node, ...]:
        items = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return tuple(items)

    def _mapping(self, depth: int) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(next(self.events), depth + 1)
            if not isinstance(key.content, str):
                self._note(event, f"the key {shown(key.plain())}", "a name as the key")
            elif key.content in entries:
                first = entries[key.content].place.line
                expected = "it once" if first is None else f"it once (the first is on line {first})"
                self._note(event, f"the key {key.content!r} a second time", expected)
            else:
                entries[key.content] = replace(value, place=self.place_at(event.start_mark.line))
        return entries

    def _scalar(self, event: Any) -> Value:
        tag = _core_tag(event)
        if tag == "str" or event.tag == "!" or (tag is None and event.style is not None):
            return cast(str, event.value)
        value = read_scalar(event.value)
        if tag is None:
            return value
        if tag == "float" and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if tag not in _SCALAR_TAGS or type(value) is not _SCALAR_TAGS[tag]:
            self._note(event, f"the tag {event.tag}", "plain text, a number, true, false or null")
        return value

    def _check_tag(self, event: Any, allowed: str) -> None:
        if _core_tag(event) not in (None, allowed):
            self._note(event, f"the tag {event.tag}", "a plain list or mapping")

    def _count(self, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            found, expected = f"more than {MAX_NODES:,} values", "a smaller document"
            raise PlanError(
                [Mistake(file=self.last.file, line=self.last.line, found=found, expected=expected)]
            )

    def _note(self, event: Any, found: str, expected: str) -> None:
        place = self.place_at(event.start_mark.line)
        self.mistakes.append(Mistake(file=place.file, line=place.line, found=found, expected=expected))


def _core_tag(event: Any) -> str | None:
    """Return the tag's name in the core schema, a foreign tag whole, None where there is none."""
    return None if event.tag in (None, "!") else str(event.tag).removeprefix(_TAG)

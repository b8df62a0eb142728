"""The pages that people read, and the blocks of code and the commands that stand in them.

What a block is follows CommonMark (https://spec.commonmark.org/0.31.2/#code-blocks), as far as these pages use it.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PAGES = (
    *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((REPOSITORY / "docs").glob("*.md")),
)

FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|:{3,})(?P<language>.*)$")
COMMAND = re.compile(r"`((?:python -m|winnow [a-z]+) [^`]+)`")
SHELL, MISTAKE = "shell", "mistake"
"""The languages of blocks that are indented instead of fenced: commands, and what is said of a wrong file."""

SAID = re.compile(r"\S+\.yaml:\d+: ")


@dataclass(frozen=True)
class Block:
    """A block of code: the name of its page, its first line there from 1, its language ("" where none is said)."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def name_of(page: Path) -> str:
    """Return how a page is called in a test: its path in the repository."""
    return page.relative_to(REPOSITORY).as_posix()


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page, fenced and indented, in their order."""
    return list(_blocks(name_of(page), page.read_text(encoding="utf-8").splitlines()))


def inline_commands(page: Path) -> list[Block]:
    """Return the commands that stand within sentences, each as a block of one line."""
    code = {line for block in blocks(page) for line in _lines_of(block)}
    return [
        Block(name_of(page), number, SHELL, found)
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1)
        if number not in code
        for found in COMMAND.findall(line)
    ]


def _lines_of(block: Block) -> range:
    return range(block.line, block.line + len(block.text.splitlines()))


def _blocks(page: str, lines: list[str]) -> Iterator[Block]:
    at = 0
    while at < len(lines):
        fence = FENCE.match(lines[at])
        end = _end_of_fence(lines, at, fence) if fence else _end_of_indented(lines, at)
        if fence:
            text = textwrap.dedent("\n".join(lines[at + 1 : end]))
            yield Block(page, at + 2, fence["language"].strip(), text)
        elif end > at:
            text = textwrap.dedent("\n".join(lines[at:end])).rstrip()
            yield Block(page, at + 1, MISTAKE if SAID.match(text) else SHELL, text)
        at = end + 1


def _end_of_fence(lines: list[str], at: int, fence: re.Match[str]) -> int:
    """Return the line that closes a fence; behind the last where none does."""
    closing = fence["indent"] + fence["fence"]
    rest = range(at + 1, len(lines))
    return next((number for number in rest if lines[number].rstrip() == closing), len(lines))


def _end_of_indented(lines: list[str], at: int) -> int:
    """Return the line behind an indented block that begins here, behind an empty line; `at` where none does."""
    if not lines[at].startswith("    ") or (at and lines[at - 1].strip()):
        return at
    inside = (number for number in range(at, len(lines)) if lines[number].startswith("    "))
    last = at
    for number in inside:
        if any(line.strip() for line in lines[last + 1 : number]):
            break
        last = number
    return last + 1

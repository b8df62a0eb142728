"""The commands of the pages: each line of a block, in words, and the parser of the program that it calls."""

from __future__ import annotations

import argparse
import importlib
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from search.__main__ import VERBS
from tests.docs.pages import PAGES, SHELL, Block, blocks, inline_commands

SHELLS = (SHELL, "bash", "sh", "console")
SYNOPSIS = re.compile(r"\[|…|\w\|\w")
"""What stands in a line that says what may be given, not what is typed: `[--top K]`, `IMAGE…`, `best|N`."""


@dataclass(frozen=True)
class Command:
    """A command: where it stands, and its words as a shell reads them."""

    page: str
    line: int
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        """The command in one line; `winnow run` as `python -m search.run`."""
        begin = ("python", "-m", str(self.module)) if self.words[0] == "winnow" else ()
        return shlex.join([*begin, *self.arguments] if begin else self.words)

    @property
    def module(self) -> str | None:
        """The module that it runs: `search.run` of `python -m search.run` and of `winnow run`; else None."""
        if self.words[:2] == ("python", "-m"):
            return self.words[2]
        return f"search.{self.words[1]}" if self.words[0] == "winnow" and len(self.words) > 1 else None

    @property
    def arguments(self) -> list[str]:
        """What the module is given."""
        return list(self.words[3:] if self.words[0] == "python" else self.words[2:])

    @property
    def ours(self) -> bool:
        """Whether it is a verb or the dashboard, whose arguments can be read here."""
        return self.module == "dashboard" or str(self.module).removeprefix("search.") in VERBS

    def __str__(self) -> str:
        return f"{self.page}:{self.line} {self.text}"


def commands() -> list[Command]:
    """Return each command of the pages once, where it stands first; synopses are no commands."""
    found: dict[tuple[str, ...], Command] = {}
    for page in PAGES:
        shell = [block for block in blocks(page) if block.language in SHELLS]
        for block in (*shell, *inline_commands(page)):
            for command in commands_of(block):
                found.setdefault(command.words, command)
    return list(found.values())


def commands_of(block: Block) -> Iterator[Command]:
    """Return the commands of a block."""
    for line, text in _joined(block):
        if is_synopsis(text):
            continue
        for program, *words in _split(text):
            yield Command(block.page, line, (program.rpartition("/bin/")[2], *words))


def synopses() -> list[tuple[str, str, str]]:
    """Return the lines that say what a verb may be given: place, module, line."""
    return [
        (f"{block.page}:{line}", text.split()[2], text)
        for page in PAGES
        for block in (*blocks(page), *inline_commands(page))
        if block.language in SHELLS
        for line, text in _joined(block)
        if is_synopsis(text) and text.startswith("python -m search.")
    ]


def is_synopsis(text: str) -> bool:
    """Tell whether a line says what may be given."""
    return SYNOPSIS.search(re.sub(r"'[^']*'|#.*", "", text)) is not None


def parser_of(module: str) -> argparse.ArgumentParser:
    """Return the parser of a verb or of the dashboard."""
    where = "dashboard.arguments" if module == "dashboard" else module
    made: argparse.ArgumentParser = importlib.import_module(where).parser()
    return made


def _joined(block: Block) -> Iterator[tuple[int, str]]:
    """Return the lines with their numbers, each with what is continued behind a backslash."""
    begun = ""
    for offset, line in enumerate(block.text.splitlines()):
        begun = f"{begun} {line.strip()}".strip()
        if begun.endswith("\\"):
            begun = begun.removesuffix("\\")
        elif begun:
            yield block.line + offset, begun
            begun = ""


def _split(text: str) -> Iterator[tuple[str, ...]]:
    """Return the commands of a line, which `&&`, `;` and `|` part."""
    reader = shlex.shlex(text, posix=True, punctuation_chars=";&|")
    reader.whitespace_split = True
    words: list[str] = []
    for word in reader:
        if set(word) <= set(";&|"):
            yield tuple(words)
            words = []
        else:
            words.append(word)
    if words:
        yield tuple(words)

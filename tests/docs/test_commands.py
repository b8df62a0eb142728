"""Each command of the pages can be given: its arguments are known, its program is there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from search.__main__ import VERBS
from tests.docs.commands import Command, commands, parser_of, synopses
from tests.docs.pages import PAGES, REPOSITORY, name_of
from tests.docs.rules import foreign

COMMANDS = commands()
OURS = [command for command in COMMANDS if command.ours]
OTHERS = [command for command in COMMANDS if not command.ours]


@pytest.mark.parametrize("command", OURS, ids=str)
def test_its_verb_knows_every_argument(command: Command) -> None:
    parser_of(str(command.module)).parse_args(command.arguments)


@pytest.mark.parametrize("command", OTHERS, ids=str)
def test_a_program_of_others_is_there_or_the_reason_why_it_is_not_looked_for(command: Command) -> None:
    """A command that nobody has thought of fails here."""
    program, *words = command.words
    if program == "make":
        targets = re.findall(
            r"^([\w-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
        )
        assert set(words) <= set(targets)
    elif program == "cp":
        assert (REPOSITORY / words[0]).exists()
    elif str(command.module).startswith("benchmarks."):
        _knows(str(command.module), words)
    else:
        assert foreign(command.text), "put it into the table of tests/docs/rules.py, with the reason"
        assert program != "ray" or shutil.which("ray")


def _knows(module: str, words: list[str]) -> None:
    """Check that a benchmark is there and speaks of each option."""
    source = (REPOSITORY / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
    assert all(f'"{word}"' in source for word in words if word.startswith("--"))


@pytest.mark.parametrize(("place", "module", "text"), synopses())
def test_what_a_synopsis_names_are_options_of_the_verb(place: str, module: str, text: str) -> None:
    known = parser_of(module)._option_string_actions
    assert set(re.findall(r"--[a-z-]+", text)) <= set(known)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_a_sentence_says_of_a_verb_are_its_options(page: Path) -> None:
    """`search.fetch --weights` within a sentence, without `python -m`."""
    for verb, words in re.findall(r"`search\.(\w+)( [^`]*)`", page.read_text(encoding="utf-8")):
        assert verb in VERBS
        known = parser_of(f"search.{verb}")._option_string_actions
        assert set(re.findall(r"--[a-z-]+", words)) <= set(known)

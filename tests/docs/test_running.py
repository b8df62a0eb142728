"""What the pages tell to run ends well: commands, and the Python programs of each page, one after the other.

All that needs the finished search stands in this one file, so that one worker of the tests makes it.
"""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import search
from tests.docs.commands import Command, commands
from tests.docs.pages import PAGES, REPOSITORY, name_of
from tests.docs.programs import programs
from tests.docs.rules import ELSEWHERE, LIVING, SLOW, why
from tests.faults.searches import done

README = REPOSITORY / "README.md"
RUN = [one for one in commands() if one.ours and not (why(ELSEWHERE, one.text) or why(LIVING, one.text))]
QUICK = [command for command in RUN if not why(SLOW, command.text)]
LONG = {re.sub(r"runs/\w+", "RUN", one.text): one for one in reversed(RUN) if why(SLOW, one.text)}
"""Of commands that differ in the name of the run alone, the first."""


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("command", QUICK, ids=str)
def test_it_does_what_it_says(command: Command) -> None:
    assert importlib.import_module(str(command.module)).main(command.arguments) == 0


@pytest.mark.slow
@pytest.mark.parametrize("command", LONG.values(), ids=str)
def test_it_does_what_it_says_where_it_takes_longer(command: Command, folder: Path) -> None:
    verb = str(command.module).removeprefix("search.")
    _without_its_result(command, folder)
    words = [word.replace("~", str(folder)) for word in command.arguments]
    ended = done(verb, *words, folder=folder, patience=1000)
    assert ended.code == 0, ended.err


def _without_its_result(command: Command, folder: Path) -> None:
    """Remove the bundle that a command writes, which the folder has already."""
    if "--out" in command.words:
        shutil.rmtree(folder / command.words[command.words.index("--out") + 1], ignore_errors=True)


@pytest.mark.usefixtures("folder", "registries")
@pytest.mark.parametrize("page", [page for page in PAGES if page != README and programs(page)], ids=name_of)
def test_the_programs_of_a_page_run(page: Path) -> None:
    names: dict[str, object] = {"__name__": "__main__"}
    for block in programs(page):
        exec(compile(block.text, str(block), "exec"), names)


def test_with_winnow_the_readme_classifies_and_trains_the_recipe(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_winnow, _ = programs(README)
    exec(compile(with_winnow.text, str(with_winnow), "exec"), {})
    *said, trained = capsys.readouterr().out.splitlines()
    model = search.load("best")
    answers = model.predict(["seven.png", "nine.png"])
    assert [line.split()[0] for line in said] == [one.label for one in answers]
    assert 0 <= float(trained.split()[0]) <= 1
    assert search.load(folder / "mine").classes == ("0", "1")


def test_without_winnow_the_readme_says_what_the_model_says(folder: Path) -> None:
    _, without = programs(README)
    hidden = "import sys\nsys.modules['search'] = sys.modules['torch'] = None\n"
    words = [sys.executable, "-W", "ignore", "-c", hidden + without.text]
    ran = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True, timeout=300)
    assert ran.stdout.split() == [search.load(folder / "best").predict([folder / "seven.png"])[0].label]

"""The commands of the pages that go on until they are interrupted, or that ask a search which goes on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import httpx
import pytest

from search import stop
from tests.docs.commands import Command, commands
from tests.docs.living import asked, serving
from tests.docs.rules import ELSEWHERE, why
from tests.faults.searches import living, long_space, reports

pytestmark = pytest.mark.slow

COMMANDS = [command for command in commands() if not why(ELSEWHERE, command.text)]
DASHBOARDS = [command for command in COMMANDS if command.module == "dashboard"]
SERVERS = [command for command in COMMANDS if command.module == "search.serve"]
STOPS = [command for command in COMMANDS if command.module == "search.stop"]
QUESTIONS = [command for command in COMMANDS if command.words[0] == "curl" and "127.0.0.1" in command.text]


@pytest.mark.parametrize("command", DASHBOARDS, ids=str)
def test_the_dashboard_answers(command: Command, folder: Path) -> None:
    with serving(command, folder) as address:
        assert httpx.get(address, timeout=60).status_code == 200


@pytest.mark.parametrize("command", SERVERS, ids=str)
def test_the_server_answers_every_question_of_the_pages(command: Command, folder: Path) -> None:
    with serving(command, folder) as address:
        for question in QUESTIONS:
            answer = json.loads(asked(question.words, address, folder))
            assert answer["results"][0]["predictions"][0]["label"] in "0123456789"


@pytest.mark.parametrize("command", STOPS, ids=str)
def test_a_search_stops(command: Command, folder: Path) -> None:
    root = folder / command.arguments[0]
    shutil.rmtree(root)
    words = ("--space", long_space(folder), "--runs-dir", str(root.parent), "--name", root.name)
    with living("run", *words, folder=folder) as search:
        search.until("it trains", lambda: reports(root))
        assert stop.main(command.arguments) == 0
        assert search.wait().code == 0

"""What the pages show, against values counted by hand from the four trials in conftest.py."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.prepare.states import STATUS_TEXT, state_of
from dashboard.prepare.winner import winner
from dashboard.prepare.words import plain
from search.runs.reader import open_run
from search.runs.record import Status
from search.runs.run import Run
from tests.dashboard.conftest import make_plan


@pytest.fixture
def run(runs: Path) -> Run:
    return open_run(runs / "small")


def test_the_winner_has_all_its_settings_and_the_paths_of_its_files(run: Run) -> None:
    won = winner(run)
    assert won is not None
    assert (won.trial, won.complete, won.full) == (2, True, True)
    assert "activation: relu" in won.settings.splitlines()
    weights = won.places[0]
    assert weights.there
    assert weights.path == run.layout.root / "trials/2/1/checkpoint-00003.pt"
    assert weights.path.read_bytes() == b"weights"


def test_a_checkpoint_outside_the_run_is_not_shown(runs: Path) -> None:
    """A foreign study may name any path."""
    journal = runs / "small" / "study.journal"
    text = journal.read_text(encoding="utf-8")
    journal.write_text(
        text.replace("trials/2/1/checkpoint-00003.pt", "../../../etc/passwd"), encoding="utf-8"
    )
    won = winner(open_run(runs / "small"))
    assert won is not None
    assert [place.name for place in won.places] == ["trial, as JSON", "plan of the search"]


def test_a_run_with_a_plan_alone_has_no_winner(tmp_path: Path) -> None:
    run = open_run(make_plan(tmp_path, "planned").root)
    assert winner(run) is None


def test_a_search_that_nobody_drives_and_that_is_not_over_is_interrupted(tmp_path: Path) -> None:
    run = open_run(make_plan(tmp_path, "planned").root)
    assert state_of(run.progress(), driven=False) == "interrupted"


@given(st.text())
def test_plain_text_leaves_no_markdown_active(text: str) -> None:
    """Every ASCII punctuation mark is escaped, and unescaping gives the text back."""
    made = plain(text)
    assert "\n" not in made
    assert not re.search(r"[!-/:-@\[`{-~\]^_]", re.sub(r"\\[!-/:-@\[-`{-~]", "", made))
    assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", made) == " ".join(text.split())


def test_every_status_has_a_name_on_a_page() -> None:
    assert set(STATUS_TEXT) == set(get_args(Status))

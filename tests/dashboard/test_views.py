"""Each page, drawn by Streamlit without a browser: on a run, on none, on a damaged one, on one without trials."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.pages import RUN_PAGES
from search.runs.layout import RunLayout
from search.runs.lease import Lease
from tests.dashboard.conftest import make_plan
from tests.dashboard.visits import figures, said, visited

PAGES = sorted(RUN_PAGES)


@pytest.fixture(autouse=True)
def _arguments(arguments: Path) -> None:
    """Every page finds the folder of runs."""


def test_the_leaderboard_is_sorted_as_its_address_says() -> None:
    table = visited("leaderboard", run="small", sort="Epochs").dataframe[0].value
    assert list(table["epochs"]) == [1, 1, 3, 3]
    assert list(visited("leaderboard", run="small", sort="nonsense").dataframe[0].value["trial"]) == [
        2,
        0,
        1,
        3,
    ]


def test_the_leaderboard_shows_all_trials() -> None:
    table = visited("leaderboard", run="small").dataframe[0].value
    assert list(table["trial"]) == [2, 0, 1, 3]


def test_the_winner_shows_its_settings_and_its_weights(arguments: Path) -> None:
    texts = [code.value for code in visited("winner", run="small").code]
    assert any("activation: relu" in text for text in texts)
    assert str(arguments / "small/trials/2/1/checkpoint-00003.pt") in texts


@pytest.mark.parametrize("page", PAGES)
def test_every_page_of_a_search_that_is_being_driven_is_drawn(arguments: Path, page: str) -> None:
    with Lease(RunLayout(arguments / "small")):
        assert "running" in said(visited(page, run="small"))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_without_a_run_in_its_url_shows_the_one_that_changed_last(page: str) -> None:
    assert visited(page).sidebar.selectbox[0].value == "small"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_refuses_a_name_that_leads_out_of_the_folder(page: str, arguments: Path) -> None:
    make_plan(arguments.parent, "outside")
    app = visited(page, run="../outside")
    assert "There is no run of this name" in app.error[0].value
    assert not app.metric


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_a_run_without_trials_says_what_to_wait_for(page: str, arguments: Path) -> None:
    make_plan(arguments, "planned")
    app = visited(page, run="planned")
    assert "No trial has finished an epoch yet" in app.info[0].value
    assert any("search.resume" in code.value for code in app.code)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_a_damaged_run_says_what_is_wrong(page: str, arguments: Path) -> None:
    journal = arguments / "small" / "study.journal"
    journal.write_text("no journal\n" + journal.read_text(encoding="utf-8"), encoding="utf-8")
    app = visited(page, run="small")
    assert "cannot be read" in app.error[0].value
    assert f"{journal}:1:" in app.code[0].value


@pytest.mark.parametrize("page", ["runs", *PAGES])
def test_without_a_folder_of_runs_a_page_says_how_to_get_one(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["dashboard", "--runs-dir", str(tmp_path / "nowhere")])
    app = visited(page)
    assert "There is no folder" in app.info[0].value
    assert "search.run --space digits.yaml" in app.code[0].value


@pytest.mark.parametrize("page", ["runs", "overview"])
def test_a_page_that_is_drawn_again_shows_what_came_since(page: str, arguments: Path) -> None:
    """What is remembered must be forgotten when the journal grows."""
    journal = arguments / "small" / "study.journal"
    whole = journal.read_bytes()
    journal.write_bytes(b"".join(whole.splitlines(keepends=True)[:3]))
    app = visited(page, run="small")
    assert "2 of 4" in ended(app)
    journal.write_bytes(whole)
    assert "4 of 4" in ended(app.run())


def ended(app: AppTest) -> list[str]:
    """Return the texts that may say how many trials ended."""
    return list(figures(app).values()) or list(app.dataframe[0].value["trials"])


def test_choosing_another_run_puts_it_into_the_url(arguments: Path) -> None:
    make_plan(arguments, "planned")
    app = visited("overview", run="small")
    app.selectbox[0].select("planned").run()
    assert app.query_params["run"] == "planned"


def test_a_command_to_copy_is_one_word_for_the_folder_whatever_it_is_called(runs: Path) -> None:
    """A run folder of somebody else may be called as a command; who pastes the line must not run it."""
    make_plan(runs, "a; touch b")
    command = f"python -m search.resume {shlex.quote(str(runs / 'a; touch b'))}"
    assert command in [code.value for code in visited("overview", run="a; touch b").code]

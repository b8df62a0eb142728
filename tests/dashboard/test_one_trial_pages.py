"""The pages Trial, Compare and Winner without a browser: on a real run, on one without files, steered by the URL."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import search
from tests.dashboard.visits import checked, said, visited
from tests.runs.logs.test_folder import RAY_TUNE

PAGES = ("trial", "compare", "winner")


def best_of(root: Path) -> int:
    best = search.open_run(root).best()
    assert best is not None
    return best.number


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


@pytest.fixture
def real(searched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of a real run, `tiny`, in the folder that the pages show."""
    folder = tmp_path / "real"
    monkeypatch.setattr("sys.argv", ["dashboard", "--runs-dir", str(folder)])
    return Path(shutil.copytree(searched, folder / "tiny"))


def test_the_trial_page_shows_the_trial_of_the_url_in_full(real: Path) -> None:
    trial = search.open_run(real).trial(2)
    app = visited("trial", run="tiny", trials="2")
    text = said(app)
    assert "Trial 2" in text
    assert f"on {trial.validation_images} validation images" in text
    assert "architecture: cnn" in text
    tables = [table.value for table in app.dataframe]
    assert any(
        "recall interval" in table and table["images"].sum() == trial.validation_images for table in tables
    )
    assert any("cut-off" in table for table in tables)
    assert any("host" in table for table in tables)


@pytest.mark.parametrize(
    ("key", "words"), [("train again", "run.trial(2).config"), ("log 1", "epoch 1 of 3")]
)
def test_what_a_visitor_opens_is_drawn_then(real: Path, key: str, words: str) -> None:
    app = visited("trial", run="tiny", trials="2")
    assert words not in said(app)
    app.session_state[key] = True
    assert words in said(checked(app.run()))


def test_more_metrics_than_six_are_drawn_when_they_are_opened(real: Path) -> None:
    app = visited("trial", run="tiny", trials="2")
    assert not any("recall ·" in caption.value for caption in app.caption)
    app.session_state["more metrics"] = True
    assert any("recall ·" in caption.value for caption in checked(app.run()).caption)


def test_the_trial_page_begins_with_the_best_and_goes_on_to_others(real: Path) -> None:
    app = visited("trial", run="tiny")
    assert app.number_input[0].value == best_of(real)
    app.number_input[0].set_value(3).run()
    assert app.query_params["trials"] == "3"
    assert "Trial 3" in said(app)
    next(button for button in app.button if button.label == "Previous").click().run()
    assert app.query_params["trials"] == "2"


def test_a_trial_that_the_url_names_wrongly_is_the_best_one(real: Path) -> None:
    assert f"Trial {best_of(real)}" in said(visited("trial", run="tiny", trials="999,../3"))


@pytest.mark.parametrize("damage", [b"", b"PK nonsense"])
def test_damaged_answers_are_told_and_the_rest_of_the_page_is_visited(real: Path, damage: bytes) -> None:
    search.open_run(real).trial(2).layout.validation.write_bytes(damage)
    text = said(visited("trial", run="tiny", trials="2"))
    assert "is damaged" in text
    assert "Notes and tags" in text


@pytest.mark.parametrize("page", PAGES)
def test_a_run_without_images_is_drawn_all_the_same(real: Path, page: str) -> None:
    (real / "images.json").unlink()
    visited(page, run="tiny", trials="0,1")


def test_trials_are_compared_that_the_url_names(real: Path) -> None:
    app = visited("compare", run="tiny", trials="1,3")
    assert app.multiselect[0].value == [1, 3]
    assert "Trial 1 less trial 3" in said(app)
    assert "Trial 1 gets these right, trial 3 does not" in said(app)
    assert list(app.dataframe[0].value["trial"]) == [1, 3]
    app.multiselect[0].set_value([1, 3, 0]).run()
    assert app.query_params["trials"] == "1,3,0"


def test_without_a_choice_the_two_best_are_compared(real: Path) -> None:
    best = [trial.number for trial in search.open_run(real).ranking()[:2]]
    assert visited("compare", run="tiny").multiselect[0].value == best


def test_one_trial_alone_is_not_compared(real: Path) -> None:
    assert "at least two trials" in said(visited("compare", run="tiny", trials="1"))


@pytest.mark.parametrize(
    ("page", "expected"),
    [("trial", "Trial 0"), ("compare", "has kept no predictions"), ("winner", "Candidate: trial 0")],
)
def test_the_logs_of_another_program_are_shown_without_weights_or_answers(
    page: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(RAY_TUNE, tmp_path / "ray")
    monkeypatch.setattr("sys.argv", ["dashboard", "--runs-dir", str(tmp_path)])
    app = visited(page, run="ray", trials="0,1")
    assert expected in said(app)
    assert not [label for label in labels(app) if label.startswith("Export trial")]


@pytest.mark.parametrize("page", PAGES)
def test_a_folder_that_is_only_read_is_shown_without_actions(
    real: Path, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.asking.os.access", lambda *_: False)
    app = visited(page, run="tiny", trials="0,1")
    assert not [label for label in labels(app) if label.startswith(("Export", "Clone", "Keep"))]

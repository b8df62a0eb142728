"""The pages leaderboard, parallel coordinates and parameters, drawn by Streamlit without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import jobs
from tests.dashboard.conftest import TRIALS, make_run
from tests.dashboard.visits import said, visited


@pytest.fixture(autouse=True)
def many(arguments: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a run of forty trials beside `small`: ten times the same four."""
    monkeypatch.setattr("tests.dashboard.conftest.TRIALS", TRIALS * 10)
    return make_run(arguments, "many").root


def trials(app: AppTest) -> list[int]:
    return list(app.dataframe[0].value["trial"])


def test_the_leaderboard_compares_at_the_epoch_of_the_url() -> None:
    app = visited("leaderboard", run="small", epoch="2")
    assert list(app.dataframe[0].value["at_epoch"])[:2] == [0.95, 0.7]
    assert "At epoch 2: 2 of these 4 trials have a value." in said(app)


def test_the_leaderboard_keeps_to_the_filter_and_to_what_is_typed() -> None:
    assert trials(visited("leaderboard", run="small", filter="optimizer:sgd")) == [2, 1]
    assert trials(visited("leaderboard", run="small", filter="optimizer:sgd", find="momentum < 0.6")) == [2]
    app = visited("leaderboard", run="small", find="momentun < 0.6")
    assert trials(app) == [2, 0, 1, 3]
    assert "did you mean momentum" in said(app)
    assert "No trial matches" in visited("leaderboard", run="small", find="nothing").info[0].value
    assert "The filter lets no trial through" in said(visited("leaderboard", run="small", filter="score:2.."))


def test_the_page_of_parallel_coordinates_shows_the_best_that_the_brushes_let_through() -> None:
    app = visited("parallel", run="many", filter="learning_rate:0.015..0.05")
    assert [element.value for element in app.subheader] == ["The best 10 of 10"]
    assert trials(app) == list(range(2, 40, 4))
    assert "The filter lets no trial through" in said(visited("parallel", run="many", filter="score:2.."))


def test_an_order_of_axes_that_makes_no_sense_is_drawn_all_the_same() -> None:
    assert visited("parallel", run="small", axes="nobody,,-").dataframe


def test_the_page_of_parameters_says_on_which_trials_at_which_epoch_it_rests() -> None:
    app = visited("parameters", run="many", epoch="3")
    assert "It rests on 20 trials at epoch 3" in said(app)
    assert [element.value for element in app.subheader] == [
        "Importance",
        "Two parameters together",
        "One parameter at a time",
    ]


def test_contours_begin_with_the_most_important_parameters_and_the_url_may_say_otherwise() -> None:
    app = visited("parameters", run="many", epoch="3")
    slices = app.multiselect(key="slices").value
    assert [app.selectbox(key="across").value, app.selectbox(key="up").value] == slices[:2]
    other = visited("parameters", run="many", epoch="3", across="momentum", up="optimizer")
    assert [other.selectbox(key="across").value, other.selectbox(key="up").value] == ["momentum", "optimizer"]
    same = visited("parameters", run="many", epoch="3", across="momentum", up="momentum")
    assert "Choose two different parameters" in said(same)


def test_of_few_trials_the_page_of_parameters_says_how_many_it_needs() -> None:
    assert "At least 10 trials" in said(visited("parameters", run="small"))


def test_fanova_is_the_verb_in_a_process_of_its_own(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    monkeypatch.setattr(jobs, "start", lambda name, command: started.append(command))
    app = visited("parameters", run="many", epoch="3")
    next(button for button in app.button if button.label == "Add fANOVA").click().run()
    command = started[0][1:]
    assert command == ["-m", "search.importance", "--json", "--fanova", "--epoch", "3", "--", str(many)]

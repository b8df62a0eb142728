"""Steering as a visitor does it: asked in two presses, through requests, refused politely where it cannot be."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.trial import TrialState, create_trial
from streamlit.testing.v1 import AppTest

from dashboard import asking, jobs, searches
from dashboard.asking import CannotAsk, ask
from search.runs import requests
from search.runs.journal import Journal
from search.runs.layout import RunLayout
from search.runs.lease import Lease
from search.runs.record import POINT, REQUEST
from tests.dashboard.visits import checked, said

PAGE = """
from pathlib import Path
import streamlit as st
from dashboard import memory, remarks, steering
from dashboard.frame import Open
from dashboard.prepare.states import state_of
from dashboard.prepare.table import table
from dashboard.shelf import Shelved, driver_of
from search.runs.layout import RunLayout
from search.runs.run import Run

layout = RunLayout(Path(st.session_state["root"]))
run = memory.opened(Shelved(layout.root.name, layout)).run
columns = table(run)
if st.session_state["foreign"]:
    run = Run(layout, run.plan, [trial.record for trial in run.trials], measured=object())
found = Open(run, state_of(run.progress(), driven=driver_of(layout) is not None), columns, None)
steering.search_actions(found)
steering.trial_actions(found, 0)
remarks.remark_actions(found, 0)
steering.history(found)
"""


def page(root: Path, *, foreign: bool = False, **opened: bool) -> AppTest:
    """Draw all that steers a run, with some of its popovers and expanders open."""
    app = AppTest.from_string(PAGE, default_timeout=30)
    app.session_state["root"], app.session_state["foreign"] = str(root), foreign
    for name, value in opened.items():
        app.session_state[f"{name}:{root.name}"] = value
    return checked(app.run())


def keys(app: AppTest) -> set[str]:
    return {str(button.key) for button in app.button if button.key}


@pytest.fixture
def driven(runs: Path) -> Iterator[RunLayout]:
    """Return a run whose trial 0 is running, driven by this process."""
    layout = RunLayout(runs / "small")
    layout.journal.unlink()
    study = optuna.create_study(
        storage=JournalStorage(Journal(layout.journal)), study_name="s", direction="maximize"
    )
    point = {"optimizer": "sgd", "learning_rate": 0.01, "momentum": 0.5, "width": 32}
    study.add_trial(create_trial(state=TrialState.RUNNING, system_attrs={POINT: point}))
    with Lease(layout):
        yield layout


@pytest.fixture
def resumed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Let searches be resumed in a list only."""
    made: list[tuple[Any, ...]] = []
    monkeypatch.setattr(searches, "resume", lambda root, words=(): made.append((root, *words)))
    return made


def asked_of(layout: RunLayout) -> list[tuple[str, dict[str, Any]]]:
    found = (requests.read(path) for path in requests.pending(layout))
    return [(request.kind, dict(request.arguments)) for request in found]


def test_a_search_stops_after_a_second_press_and_the_answer_is_shown_with_its_time(driven: RunLayout) -> None:
    app = page(driven.root, stop=True)
    assert asked_of(driven) == []
    app.button(key="stop:small:confirm").click()
    checked(app.run())
    assert asked_of(driven) == [("stop", {})]
    assert "Waits until the driver answers: stop the search" in said(app)
    assert "stop:small:confirm" not in keys(app), "it closes, so that nobody asks twice"
    (path,) = requests.pending(driven)
    requests.answer(driven, path, applied=True, message="the search stops after the epochs in flight")
    app.session_state["history:small"] = True
    checked(app.run())
    table = app.dataframe[0].value
    assert list(table["what"]) == ["stop the search"]
    assert list(table["outcome"]) == ["applied"]
    assert list(table["answer"]) == ["the search stops after the epochs in flight"]
    assert all(table["asked"])
    assert all(table["answered"])
    assert "Waits" not in said(app)


def test_a_trial_that_runs_can_be_stopped(driven: RunLayout) -> None:
    app = page(driven.root)
    app.session_state["stop:small:0"] = True
    checked(app.run()).button(key="stop:small:0:confirm").click()
    checked(app.run())
    assert asked_of(driven) == [("stop_trial", {"trial": 0})]


def test_a_search_that_runs_is_extended_by_a_request(driven: RunLayout, resumed: list[Any]) -> None:
    app = page(driven.root, extend=True)
    app.number_input(key="extend:small:more").set_value(7).run()
    assert "The budget becomes 11 trials." in said(app)
    app.button(key="extend:small:confirm").click()
    checked(app.run())
    assert asked_of(driven) == [("extend", {"trials": 7})]
    assert resumed == []


def test_a_search_that_has_ended_is_extended_by_resuming_it(runs: Path, resumed: list[Any]) -> None:
    app = page(runs / "small", extend=True)
    assert "search.resume" in said(app)
    app.button(key="extend:small:confirm").click()
    checked(app.run())
    assert resumed == [(runs / "small", "--trials", "+1")]
    assert asked_of(RunLayout(runs / "small")) == []
    assert not any("stop" in key for key in keys(app))


def test_who_resumes_a_search_is_told_which_files_of_it_will_run(runs: Path) -> None:
    """A run may come from somebody else: its plugins are code, and nothing else on the page runs any."""
    plan = RunLayout(runs / "small").plan
    assert "Python files" not in said(page(runs / "small", extend=True))
    plan.write_text(plan.read_text(encoding="utf-8") + "plugins: [theirs.py]\n", encoding="utf-8")
    assert "This runs Python files that the run names" in said(page(runs / "small", extend=True))


def test_a_clone_is_edited_checked_and_enqueued(driven: RunLayout) -> None:
    app = page(driven.root)
    app.session_state["clone:small:0"] = True
    checked(app.run())
    assert app.selectbox(key="clone:small:0:optimizer").value == "sgd"
    app.text_input(key="clone:small:0:learning_rate").set_value("7").run()
    assert "found 7, expected a number from 0.001 to 0.1" in said(app)
    assert app.button(key="clone:small:0:confirm").disabled
    app.text_input(key="clone:small:0:learning_rate").set_value("0.02").run()
    app.selectbox(key="clone:small:0:optimizer").set_value("adam").run()
    assert not [one for one in app.text_input if one.key == "clone:small:0:momentum"], "adam has none"
    app.button(key="clone:small:0:confirm").click()
    checked(app.run())
    assert asked_of(driven) == [("enqueue", {"point": {"optimizer": "adam", "learning_rate": 0.02}})]


def test_a_clone_of_a_search_that_has_ended_waits_for_the_driver_that_is_begun(
    runs: Path, resumed: list[Any]
) -> None:
    app = page(runs / "small")
    app.session_state["clone:small:0"] = True
    checked(app.run()).button(key="clone:small:0:confirm").click()
    checked(app.run())
    assert resumed == [(runs / "small",)]
    ((kind, arguments),) = asked_of(RunLayout(runs / "small"))
    assert (kind, arguments["point"]["learning_rate"]) == ("enqueue", 0.01)
    assert "Waits until the search goes on" in said(app)


def test_a_note_goes_to_the_driver_where_there_is_one(driven: RunLayout) -> None:
    app = page(driven.root)
    app.text_area[0].set_value("  look at *this*  ")
    next(one for one in app.button if one.label == "Keep the note").click()
    checked(app.run())
    assert asked_of(driven) == [("note", {"trial": 0, "text": "look at *this*"})]


def test_a_note_on_a_search_that_has_ended_is_kept_by_a_verb(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(jobs, "start", lambda name, command: started.append(command))
    app = page(runs / "small")
    app.text_area[0].set_value("--remove")
    next(one for one in app.button if one.label == "Keep the note").click()
    checked(app.run())
    assert started[0][1:] == ["-m", "search.note", "--json", "--", str(runs / "small"), "0", "--remove"]


def test_notes_and_tags_of_the_study_are_shown_as_text(runs: Path) -> None:
    layout = RunLayout(runs / "small")
    storage = JournalStorage(Journal(layout.journal))
    study = storage.get_study_id_from_name("s")
    note = {"kind": "note", "trial": 0, "text": "ada: ![x](http://evil)", "at": 5.0}
    storage.set_study_system_attr(study, f"{REQUEST}a", note)
    storage.set_study_system_attr(
        study, f"{REQUEST}b", {"kind": "tag", "trial": 0, "text": "keep", "at": 6.0}
    )
    app = page(layout.root)
    assert "ada: ![x](http://evil)" in [code.value for code in app.code]
    assert app.multiselect[0].value == ["keep"]


def test_logs_of_another_program_cannot_be_steered(runs: Path) -> None:
    app = page(runs / "small", foreign=True)
    assert asking.FOREIGN in said(app)
    assert keys(app) == set()


def test_a_folder_that_can_only_be_read_is_told_and_nothing_is_offered(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may write everywhere, so that the answer of the system is given here."""
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    app = page(runs / "small")
    assert "this folder can only be read here" in said(app)
    assert keys(app) == set()
    with pytest.raises(CannotAsk, match="can only be read"):
        ask(RunLayout(runs / "small"), "stop")


def test_where_nobody_drives_nothing_is_asked_and_the_verb_is_named(runs: Path) -> None:
    layout = RunLayout(runs / "small")
    with pytest.raises(CannotAsk, match=r"python -m search.resume"):
        ask(layout, "stop")
    assert not layout.requests.exists()


def test_a_search_that_is_being_started_is_not_started_twice(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Alive:
        alive = True

    monkeypatch.setattr(searches, "last_begun", lambda root: Alive())
    assert "being started already" in asking.resumed(runs / "small")


def test_why_a_search_that_was_begun_from_here_has_failed_is_told(runs: Path) -> None:
    folder = runs / ".winnow" / "searches" / "abc"
    folder.mkdir(parents=True)
    about = {"id": "abc", "run": "small", "words": [], "by": "ada", "at": 4e9}
    (folder / searches.ABOUT).write_text(json.dumps(about), encoding="utf-8")
    (folder / searches.LOG).write_text("there is no space left", encoding="utf-8")
    (folder / searches.END).write_text('{"returncode": 1}', encoding="utf-8")
    assert "there is no space left" in said(page(runs / "small"))


@pytest.mark.parametrize(
    "name", ["stop:small", "stop:small:confirm", "extend:small:confirm", "clone:small:0:confirm"]
)
def test_no_address_stops_extends_or_enqueues(driven: RunLayout, name: str, resumed: list[Any]) -> None:
    app = AppTest.from_string(PAGE, default_timeout=30)
    app.session_state["root"], app.session_state["foreign"] = str(driven.root), False
    app.query_params[name] = "true"
    checked(app.run())
    assert asked_of(driven) == []
    assert resumed == []

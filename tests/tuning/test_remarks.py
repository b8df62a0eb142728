"""Notes and tags: kept by a driver that is asked, and by a verb where there is none, in the same words."""

from __future__ import annotations

from pathlib import Path

import pytest

import search
from dashboard.prepare.requests import notes, tags
from search.runs import requests
from search.runs.lease import Lease, RunIsHeld
from search.runs.requests import actions
from search.tuning.remarks import write_remarks
from tests.dashboard.conftest import make_run
from tests.inprocess import Search, plan_in


def test_a_driver_keeps_notes_and_tags_and_refuses_those_without_words(tmp_path: Path) -> None:
    made = Search(plan_in(tmp_path), tmp_path / "run")
    made.go(epochs=1)
    for kind, arguments in (
        ("note", {"trial": 0, "text": " odd "}),
        ("tag", {"trial": 0, "text": "keep"}),
        ("tag", {"trial": 0, "text": "look"}),
        ("tag", {"trial": 0, "text": "keep", "remove": True}),
        ("note", {"trial": 0, "text": "  "}),
        ("tag", {"trial": 0, "text": 3}),
        ("tag", {"trial": 99, "text": "keep"}),
    ):
        requests.send(made.layout, kind, **arguments)  # type: ignore[arg-type]
    made.go(epochs=1)
    recorded = search.open_run(made.layout.root).requests
    assert tags(recorded, 0) == ("look",)
    (note,) = notes(recorded, 0)
    assert note.text.endswith(": odd")
    answers = {action.message: action.outcome for action in actions(made.layout)}
    assert answers["trial 0 lost the tag keep"] == "applied"
    assert sorted(answers.values()) == ["applied"] * 4 + ["refused"] * 3


def test_what_is_written_where_nobody_drives_is_read_as_a_drivers(tmp_path: Path) -> None:
    layout = make_run(tmp_path)
    plan = search.open_run(layout.root).plan
    write_remarks(layout, plan, 2, ["ada: odd"])
    write_remarks(layout, plan, 2, ["keep", "look"], tag=True)
    write_remarks(layout, plan, 2, ["keep"], tag=True, remove=True)
    run = search.open_run(layout.root)
    assert [note.text for note in notes(run.requests, 2)] == ["ada: odd"]
    assert tags(run.requests, 2) == ("look",)
    assert run.progress().budget == 4, "a remark changes nothing else"


def test_a_remark_does_not_write_beside_a_driver(tmp_path: Path) -> None:
    layout = make_run(tmp_path)
    plan = search.open_run(layout.root).plan
    before = layout.journal.read_bytes()
    with Lease(layout), pytest.raises(RunIsHeld):
        write_remarks(layout, plan, 2, ["keep"], tag=True)
    assert layout.journal.read_bytes() == before

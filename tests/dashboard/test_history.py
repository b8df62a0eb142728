"""What was asked of a search, in words, and the notes and tags that came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.prepare.requests import MOST, all_tags, history, notes, tags, what
from search.runs.requests import Action, Request


def action(name: str, at: float, outcome: Any = "applied", **arguments: Any) -> Action:
    request = Request(name, "extend", arguments or {"trials": 4}, "ada", at)
    return Action(name, request, outcome, "done", None if outcome == "pending" else at + 1)


def test_every_action_is_told_once_the_latest_first() -> None:
    """`b` stands in the folder and in the study; `c` only in the study, as after `search.resume --trials`."""
    recorded = {
        "b": {"kind": "extend", "trials": 4, "at": 21.0},
        "c": {"kind": "extend", "trials": 9, "at": 30.0},
    }
    found = history([action("a", 40.0, "pending"), action("b", 20.0)], recorded)
    assert [(entry.asked, entry.outcome, entry.by) for entry in found] == [
        (40.0, "pending", "ada"),
        (30.0, "applied", ""),
        (20.0, "applied", "ada"),
    ]
    assert [entry.what for entry in found] == ["4 more trials", "9 more trials", "4 more trials"]
    assert found[0].answered is None


@pytest.mark.parametrize(
    ("kind", "arguments", "said"),
    [
        ("stop", {}, "stop the search"),
        ("stop_trial", {"trial": 7}, "stop trial 7"),
        (
            "enqueue",
            {"point": {"learning_rate": 0.012345, "optimizer": "sgd"}},
            "try learning_rate=0.01235  optimizer=sgd",
        ),
        ("enqueue", {"point": 3}, "try a configuration of the sampler's"),
        ("note", {"trial": 3, "text": "odd"}, "note at trial 3: odd"),
        ("tag", {"trial": 3, "text": "keep", "remove": True}, "take the tag from trial 3: keep"),
        ("another", {}, "another"),
    ],
)
def test_a_request_is_told_in_words(kind: str, arguments: dict[str, Any], said: str) -> None:
    assert what(kind, arguments) == said


@given(st.text(), st.dictionaries(st.text(), st.none() | st.integers() | st.text() | st.lists(st.text())))
def test_anything_that_a_foreign_study_says_becomes_a_short_text(
    kind: str, arguments: dict[str, Any]
) -> None:
    assert len(what(kind, {**arguments, "text": "x" * 5000})) <= MOST
    one = {**arguments, "kind": kind}
    history([], {"a": one})
    notes({"a": one}, 3)
    all_tags({"a": one})


def test_a_history_is_bounded() -> None:
    assert len(history([action(str(n), float(n)) for n in range(MOST + 50)], {})) == MOST


def test_notes_stand_in_order_of_time_at_their_trial() -> None:
    recorded = {
        "a": {"kind": "note", "trial": 3, "text": "second", "at": 2.0},
        "b": {"kind": "note", "trial": 3, "text": "first", "at": 1.0},
        "c": {"kind": "note", "trial": 4, "text": "other", "at": 0.0},
    }
    assert [note.text for note in notes(recorded, 3)] == ["first", "second"]


@dataclass
class Resumed:
    words: tuple[str, ...]
    by: str
    at: float
    returncode: int | None
    said: str = "one line\nno such images"


def test_what_a_dashboard_began_and_resumed_stands_among_the_actions() -> None:
    begun = [
        Resumed(("search.run", "--space", "x"), "ada", 1.0, 0),
        Resumed(("search.resume", "/runs/a", "--trials", "+4"), "bob", 3.0, None),
        Resumed(("search.resume", "/runs/a"), "bob", 2.0, 2),
    ]
    found = history([], {}, begun)
    assert [(entry.what, entry.by, entry.outcome, entry.answer) for entry in found] == [
        ("resume the search --trials +4", "bob", "applied", ""),
        ("resume the search", "bob", "refused", "no such images"),
        ("begin the search", "ada", "applied", ""),
    ]


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from("abc"), st.booleans())))
def test_tags_are_what_was_given_and_not_taken_away_since(events: list[tuple[int, str, bool]]) -> None:
    """Against a replay on plain lists."""
    recorded, replayed = {}, dict[int, list[str]]()
    for at, (trial, text, remove) in enumerate(events):
        recorded[str(at)] = {"kind": "tag", "trial": trial, "text": text, "remove": remove, "at": float(at)}
        kept = [tag for tag in replayed.get(trial, []) if tag != text]
        replayed[trial] = kept if remove else [*kept, text]
    for trial in range(3):
        assert list(tags(recorded, trial)) == replayed.get(trial, [])

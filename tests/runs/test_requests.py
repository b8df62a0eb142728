"""Requests in a run's folder: written, answered, and read back, whatever else lies there."""

from __future__ import annotations

import json
import os
import string
from contextlib import suppress
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.runs import requests
from search.runs.layout import RunLayout
from search.runs.requests import (
    MOST_ANSWERS,
    MOST_BYTES,
    BadRequest,
    Kind,
    actions,
    answer,
    parse,
    pending,
    remark,
    send,
)


@pytest.fixture
def layout(tmp_path: Path) -> RunLayout:
    return RunLayout(tmp_path)


def test_what_is_asked_is_pending_until_it_is_answered_and_both_are_told(layout: RunLayout) -> None:
    asked = [send(layout, "extend", trials=4), send(layout, "note", trial=0, text="odd")]
    assert [action.outcome for action in actions(layout)] == ["pending", "pending"]
    answer(layout, pending(layout)[0], applied=True, message="the search may have 8 trials")
    answer(layout, pending(layout)[0], applied=False, message="no such trial")
    assert pending(layout) == []
    found = {action.id: action for action in actions(layout)}
    assert found.keys() == {request.id for request in asked}
    first, second = (found[request.id] for request in asked)
    assert (first.request, first.outcome, first.message) == (
        asked[0],
        "applied",
        "the search may have 8 trials",
    )
    assert (second.request, second.outcome, second.message) == (asked[1], "refused", "no such trial")
    assert first.answered is not None
    assert first.answered >= asked[0].at


def test_a_request_as_large_as_is_taken_is_still_read_from_its_answer(layout: RunLayout) -> None:
    """Every quotation mark of it is escaped twice there."""
    request = send(layout, "note", trial=0, text='"' * (MOST_BYTES // 2 - 200))
    (path,) = pending(layout)
    assert requests.read(path) == request
    answer(layout, path, applied=True, message="noted")
    assert [action.request for action in actions(layout)] == [request]


@pytest.mark.parametrize("folder", ["requests", "answered"])
def test_what_is_no_request_of_ours_is_passed_over_and_nothing_is_followed(
    layout: RunLayout, folder: str
) -> None:
    send(layout, "stop")
    answer(layout, pending(layout)[0], applied=True, message="")
    place = getattr(layout, folder)
    secret = layout.root / "secret.txt"
    secret.write_text('{"message": "secret", "applied": true}', encoding="utf-8")
    (place / "link.json").symlink_to(secret)
    (place / "folder.json").mkdir()
    os.mkfifo(place / "pipe.json")  # whoever opens it waits for ever
    (place / "huge.json").write_bytes(b"[" * (5 * MOST_BYTES))
    (place / "list.json").write_text("[]", encoding="utf-8")
    (place / "torn.json").write_text('{"kind": "st', encoding="utf-8")
    found = actions(layout)
    assert all("secret" not in str(action) for action in found)
    assert sum(action.request is not None for action in found) == 1
    if folder == "answered":
        assert len(found) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_any_json_is_a_request_or_a_bad_one_and_any_answer_is_read_or_left_out(
    layout: RunLayout, document: object
) -> None:
    text = json.dumps(document)
    with suppress(BadRequest):
        assert parse("x", text).kind in get_args(Kind)
    layout.answered.mkdir(parents=True, exist_ok=True)
    (layout.answered / "x.json").write_text(text, encoding="utf-8")
    assert len(actions(layout)) == isinstance(document, dict)


def test_of_very_many_answers_the_newest_are_read(layout: RunLayout) -> None:
    layout.answered.mkdir(parents=True)
    for number in range(MOST_ANSWERS + 20):
        path = layout.answered / f"{number:04d}.json"
        path.write_text('{"applied": true}', encoding="utf-8")
        os.utime(path, (number, number))
    found = [action.id for action in actions(layout)]
    assert found == [f"{number:04d}" for number in reversed(range(20, MOST_ANSWERS + 20))]


def test_a_run_that_nobody_asked_anything_has_no_actions(layout: RunLayout) -> None:
    assert actions(layout) == []


@pytest.mark.parametrize("text", ["", "  ", None, 3, "x" * 2001, ["a"]])
def test_a_remark_without_words_or_too_long_is_refused(text: object) -> None:
    with pytest.raises(BadRequest, match="has 1 to 2000 characters"):
        remark({"text": text})


@given(st.text(string.printable, min_size=1, max_size=2000))
def test_a_remark_is_kept_without_the_space_around_it(text: str) -> None:
    if text.strip():
        assert remark({"text": text}) == text.strip()


def test_a_user_without_a_name_can_ask(layout: RunLayout, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that is run with a number for a user."""

    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert send(layout, "stop").by == f"user {os.getuid()}"


@pytest.mark.parametrize("at", ["1" + "0" * 400, "NaN", "Infinity", "-1", '"soon"', "null"])
def test_an_answer_with_a_time_that_is_none_is_told_without_one(layout: RunLayout, at: str) -> None:
    layout.answered.mkdir(parents=True)
    text = f'{{"request": "", "applied": true, "message": "done", "at": {at}}}'
    (layout.answered / "a.json").write_text(text, encoding="utf-8")
    (found,) = actions(layout)
    assert (found.message, found.answered) == ("done", None)

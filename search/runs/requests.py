"""What others ask of the driver of a run: one small JSON file each; the driver applies it and answers.

The driver alone writes the study. Whoever wants to steer (a verb, the dashboard) leaves a request here.
"""

from __future__ import annotations

import getpass
import heapq
import json
import os
import stat
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from search.runs.clock import known_time
from search.runs.layout import RunLayout, write_json

Kind = Literal["stop", "stop_trial", "extend", "enqueue", "note", "tag"]
MOST_BYTES = 64 * 1024
"""A larger request is refused."""

MOST_ANSWERS = 500
"""Answers that are read of a run: the newest."""

MOST_CHARACTERS = 2000
"""Of a note or of a tag."""

Outcome = Literal["pending", "applied", "refused"]


class BadRequest(ValueError):  # noqa: N818 (says what it is)
    """A request that the driver cannot read or will not apply; the message says why."""


@dataclass(frozen=True)
class Request:
    """One wish.

    ``arguments`` are `trials` for extend, `trial` for stop_trial, note and tag, `point` for enqueue, `text` for note
    and tag, and `remove` where a tag is taken away.
    """

    id: str
    kind: Kind
    arguments: Mapping[str, Any]
    by: str
    at: float


def send(layout: RunLayout, kind: Kind, **arguments: Any) -> Request:
    """Leave a request for the driver of a run and return it."""
    request = Request(uuid.uuid4().hex[:12], kind, arguments, who(), time.time())
    write_json(layout.requests / f"{request.id}.json", asdict(request))
    return request


def who() -> str:
    """Return who asks: the name of the user whose process this is."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return f"user {os.getuid()}"


def pending(layout: RunLayout) -> list[Path]:
    """Return the requests that are not answered yet, oldest first; what is no plain file is none."""
    ages = {path: _age(path) for path in layout.requests.glob("*.json")}
    return sorted((path for path, age in ages.items() if age is not None), key=lambda p: (ages[p], p.name))


def _age(path: Path) -> int | None:
    try:
        found = path.lstat()
    except OSError:  # gone between the listing and now
        return None
    return found.st_mtime_ns if stat.S_ISREG(found.st_mode) else None


def read(path: Path) -> Request:
    """Read a request.

    Raises:
        BadRequest: it is too large, no JSON, of an unknown kind, or lacks a field.
    """
    try:
        text = _text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(f"this is no request: {error}") from error
    return parse(path.stem, text)


def parse(name: str, text: str) -> Request:
    """Return what a request's file says.

    Args:
        name: the request's id.
        text: all of the file.

    Raises:
        BadRequest: it is no JSON, of an unknown kind, or lacks a field.
    """
    try:
        request = Request(**{**json.loads(text), "id": name})
    except (ValueError, TypeError, RecursionError) as error:
        raise BadRequest(f"this is no request: {error}") from error
    if not isinstance(request.at, int | float) or not isinstance(request.by, str):
        raise BadRequest(
            f"a request says `by` whom and `at` what time, but got {request.by!r}, {request.at!r}"
        )
    if request.kind not in get_args(Kind) or not isinstance(request.arguments, dict):
        kinds = ", ".join(get_args(Kind))
        raise BadRequest(f"the kind of a request is one of {kinds}, but this says {request.kind!r}")
    return request


def _text(path: Path, *, most: int = MOST_BYTES) -> str:
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise BadRequest(f"a request of at most {most} bytes is expected")
    return content.decode("utf-8")


def answer(layout: RunLayout, path: Path, *, applied: bool, message: str) -> None:
    """Acknowledge a request: its text with the answer goes to `requests/answered/`, then it is removed."""
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return
    document = {"request": text, "applied": applied, "message": message, "at": time.time()}
    write_json(layout.answered / path.name, document)
    path.unlink(missing_ok=True)


def answer_to(layout: RunLayout, request: Request) -> dict[str, Any] | None:
    """Return the driver's answer to a request, or None while there is none."""
    return _answer(layout.answered / f"{request.id}.json")


def remark(arguments: Mapping[str, Any]) -> str:
    """Return the text of a note or of a tag.

    Raises:
        BadRequest: it is none, is empty, or is longer than `MOST_CHARACTERS`.
    """
    text = arguments.get("text")
    if not isinstance(text, str) or not 0 < len(text.strip()) <= MOST_CHARACTERS:
        raise BadRequest(f"`text` has 1 to {MOST_CHARACTERS} characters, but got {text!r:.50}")
    return text.strip()


@dataclass(frozen=True)
class Action:
    """One wish with what became of it.

    ``request`` is None where its file cannot be read as one. ``message`` and ``answered`` (seconds since 1970) are the
    driver's; ``answered`` is None while it is pending.
    """

    id: str
    request: Request | None
    outcome: Outcome
    message: str = ""
    answered: float | None = None


def actions(layout: RunLayout) -> list[Action]:
    """Return what was asked of the drivers of a run: the pending ones, oldest first, then the newest answers.

    Files of others are read bounded, and only those that the driver itself could have written: a link, or what is no
    answer, is left out.
    """
    waiting = [Action(path.stem, _readable(path), "pending") for path in pending(layout)[:MOST_ANSWERS]]
    ages = ((age, path) for path in layout.answered.glob("*.json") if (age := _age(path)) is not None)
    newest = heapq.nlargest(MOST_ANSWERS, ages, key=lambda pair: (pair[0], pair[1].name))
    answered = (_answered(path) for _, path in newest)
    return [*waiting, *(action for action in answered if action is not None)]


def _answered(path: Path) -> Action | None:
    document = _answer(path)
    if document is None:
        return None
    try:
        request = parse(path.stem, str(document.get("request", "")))
    except BadRequest:
        request = None
    outcome: Outcome = "applied" if document.get("applied") is True else "refused"
    message, when = str(document.get("message", "")), known_time(document.get("at"))
    return Action(path.stem, request, outcome, message, when)


def _readable(path: Path) -> Request | None:
    try:
        return read(path)
    except BadRequest:
        return None


def _answer(path: Path) -> dict[str, Any] | None:
    try:
        # The text of a request stands in its answer, with every quotation mark escaped.
        document = json.loads(_text(path, most=4 * MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None

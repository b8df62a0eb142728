"""What others ask of the driver of a run: one small JSON file each; the driver applies it and answers.

The driver alone writes the study. Whoever wants to steer (a verb, the dashboard) leaves a request here.
"""

from __future__ import annotations

import getpass
import json
import stat
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from search.runs.layout import RunLayout, write_json

Kind = Literal["stop", "stop_trial", "extend", "enqueue", "note"]
MOST_BYTES = 64 * 1024
"""A larger request is refused."""


class BadRequest(ValueError):  # noqa: N818 (says what it is)
    """A request that the driver cannot read or will not apply; the message says why."""


@dataclass(frozen=True)
class Request:
    """One wish. ``arguments`` are `trials` for extend, `trial` for stop_trial and note, `point`, `text`."""

    id: str
    kind: Kind
    arguments: Mapping[str, Any]
    by: str
    at: float


def send(layout: RunLayout, kind: Kind, **arguments: Any) -> Request:
    """Leave a request for the driver of a run and return it."""
    request = Request(uuid.uuid4().hex[:12], kind, arguments, getpass.getuser(), time.time())
    write_json(layout.requests / f"{request.id}.json", asdict(request))
    return request


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
        document = json.loads(_text(path))
        request = Request(**{**document, "id": path.stem})
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise BadRequest(f"this is no request: {error}") from error
    if not isinstance(request.at, int | float) or not isinstance(request.by, str):
        raise BadRequest(
            f"a request says `by` whom and `at` what time, but got {request.by!r}, {request.at!r}"
        )
    if request.kind not in get_args(Kind) or not isinstance(request.arguments, dict):
        kinds = ", ".join(get_args(Kind))
        raise BadRequest(f"the kind of a request is one of {kinds}, but this says {request.kind!r}")
    return request


def _text(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise BadRequest(f"a request of at most {MOST_BYTES} bytes is expected")
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
    try:
        document: dict[str, Any] = json.loads((layout.answered / f"{request.id}.json").read_text("utf-8"))
    except FileNotFoundError:
        return None
    return document

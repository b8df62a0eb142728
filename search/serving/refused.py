"""A request that is not answered: the status, and one sentence that says why, in one form for all of them."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from starlette.responses import Response


class Refused(Exception):  # noqa: N818 (says what is the case)
    """A request cannot be answered; ``status`` is HTTP's, ``sentence`` says what was found and what is expected."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class Answer(Response):
    """A JSON document; in ASCII, since a client may send half of a character and have it in the answer."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Return the bytes."""
        return json.dumps(content, allow_nan=False).encode("ascii")


def refusal(status: int, sentence: str, headers: dict[str, str] | None = None) -> Answer:
    """Return the answer to a request that is refused."""
    known = {429: {"Retry-After": "1"}, 503: {"Retry-After": "5"}, 401: {"WWW-Authenticate": "Bearer"}}
    # Who sends slowly would go on sending.
    known[408] = {"Connection": "close"}
    return Answer({"status": status, "error": sentence}, status, {**known.get(status, {}), **(headers or {})})


def phrase(status: int) -> str:
    """Return what HTTP calls a status."""
    return HTTPStatus(status).phrase

"""How a verb asks the driver of a run for something, and waits for the answer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from search.console import print_json
from search.runs.layout import RunLayout
from search.runs.requests import Kind, answer_to, send
from search.verb import DONE, FAILED

PATIENCE = 10.0
"""Seconds to wait for the driver's answer."""


@dataclass(frozen=True)
class Answered:
    """What became of a request; ``message`` is the driver's."""

    applied: bool
    message: str

    def tell(self, event: str, *, as_json: bool) -> int:
        """Print it and return the exit code."""
        if as_json:
            print_json(event=event, applied=self.applied, message=self.message)
        else:
            print(self.message)
        return DONE if self.applied else FAILED


def ask(layout: RunLayout, kind: Kind, **arguments: Any) -> Answered:
    """Ask the driver of a run, which must have one, and wait for its answer, at most `PATIENCE` seconds."""
    request = send(layout, kind, **arguments)
    deadline = time.monotonic() + PATIENCE
    while (answer := answer_to(layout, request)) is None and time.monotonic() < deadline:
        time.sleep(0.1)
    if answer is None:
        return Answered(False, "the driver has not answered yet; the request stays")
    return Answered(answer.get("applied") is True, str(answer.get("message", "")))

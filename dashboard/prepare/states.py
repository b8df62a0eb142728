"""In what state a run is, and what its statuses are called on a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from search.runs.lease import origin_of
from search.runs.progress import Progress
from search.runs.record import Status
from search.runs.run import Run

State = Literal["running", "finished", "interrupted", "unfinished", "damaged"]
"""``unfinished`` is a copy of a run: whether its search goes on was not seen lately."""

STATUS_TEXT: Mapping[Status, str] = {
    "completed": "completed",
    "stopped": "stopped early",
    "running": "running",
    "waiting": "waiting",
    "failed": "failed",
    "rejected": "rejected",
}
"""In the order in which a page lists them."""


def state_of(stands: Progress, *, driven: bool) -> State:
    """Return the state of a run.

    Args:
        stands: its progress.
        driven: a living process drives it.
    """
    if driven:
        return "running"
    return "finished" if stands.over else "interrupted"


def run_state(run: Run, *, driven: bool) -> State:
    """Return the state of a run; nobody says who writes another program's logs, but whether they grow is seen.

    Args:
        run: of ours, or another program's.
        driven: a living process drives it.
    """
    if not run.foreign:
        state = state_of(run.progress(), driven=driven)
        return "unfinished" if state == "interrupted" and origin_of(run.layout) else state
    return "running" if run.progress().counts.get("running") else "finished"

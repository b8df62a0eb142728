"""All runs of a folder in a table: what goes on, how far it is, the best so far, who drives it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from search.costs import ago
from search.opening import run_of
from search.plan.mistake import PlanError
from search.plan.place import Place
from search.runs.errors import StudyError
from search.runs.layout import find_runs
from search.runs.lease import origin_of
from search.runs.published_runs import published_runs
from search.runs.run import Run
from search.verb import UserError


@dataclass(frozen=True)
class Listed:
    """A run in a line. ``state`` is running, finished, unfinished or damaged; ``reason`` says what is damaged.

    ``done`` of ``trials`` have ended; ``driver`` is host and process; ``origin`` says where a copy comes from.
    """

    name: str
    state: str
    done: int = 0
    trials: int = 0
    metric: str = ""
    best: float | None = None
    driver: str = ""
    origin: str = ""
    reason: str = ""


def listed(folder: Place) -> Iterator[Listed]:
    """Yield the runs of a folder by name.

    Args:
        folder: of all runs, or `s3://bucket/prefix`.

    Raises:
        OSError: the bucket is out of reach.
    """
    for name, run in _places(folder):
        try:
            yield _listed(run_of(run))
        except (UserError, PlanError, StudyError, OSError) as error:
            yield Listed(name, "damaged", reason=" ".join(str(error).split()))


def _places(folder: Place) -> list[tuple[str, Place]]:
    if isinstance(folder, Path):
        return [(layout.root.name, layout.root) for layout in find_runs(folder)]
    return [(address.rpartition("/")[2], address) for address in published_runs(folder)]


def _listed(run: Run) -> Listed:
    stands, best, held, origin = run.progress(), run.best(), run.driver, origin_of(run.layout)
    ended = "finished" if stands.over else "unfinished"
    return Listed(
        name=run.name,
        state="running" if held is not None else ended,
        done=stands.finished,
        trials=stands.budget,
        metric=run.plan.objective.metric,
        best=None if best is None else best.score,
        driver="" if held is None else f"{held.host}, process {held.process}",
        origin="" if origin is None else f"{origin.known_at}, {ago(origin.age)}",
    )


def print_list(console: Console, folder: Place, runs: list[Listed]) -> None:
    """Print the runs of a folder, at most 80 columns wide."""
    if not runs:
        console.print(f"{folder}: there are no runs", markup=False, soft_wrap=True)
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("run", overflow="fold", header_style="dim")
    for heading in ("state", "trials", "best", "metric"):
        right = "right" if heading in ("trials", "best") else "left"
        table.add_column(heading, justify=right, no_wrap=True, header_style="dim")  # type: ignore[arg-type]
    table.add_column("driver", overflow="fold", header_style="dim")
    for one in runs:
        best = "" if one.best is None else f"{one.best:.4f}"
        trials = f"{one.done} of {one.trials}" if one.trials else ""
        cells = (one.name, one.state, trials, best, one.metric, one.driver)
        table.add_row(*map(Text, cells))
    console.print(table)
    for one in runs:
        if one.origin:
            console.print(f"{one.name} is a copy: fetched from {one.origin}", markup=False, soft_wrap=True)
        if one.reason:
            console.print(f"{one.name}: {one.reason}", markup=False, soft_wrap=True)


def list_document(runs: list[Listed]) -> list[dict[str, Any]]:
    """Return the same for machines."""
    return [dict(vars(one)) for one in runs]

"""The winner to take away: its settings as YAML, and where its files are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from search.runs.run import Run, Trial
from search.summary import score_text, settings_yaml


@dataclass(frozen=True)
class Place:
    """A file that belongs to the winner; ``there`` tells whether it exists."""

    name: str
    path: Path
    there: bool


@dataclass(frozen=True)
class Winner:
    """A trial to take away. ``complete``: it was trained to its end; ``full``: ``settings`` are all settings.

    ``code`` reads it in Python.
    """

    trial: int
    epochs: int
    score: str
    settings: str
    complete: bool
    full: bool
    code: str
    places: tuple[Place, ...]


def winner(run: Run, confirmed: int | None = None) -> Winner | None:
    """Return the trial to take away; None before the first epoch.

    Args:
        run: of the trial.
        confirmed: the number of the trial that a confirmation chose; None: the best one of the search.
    """
    trial = run.best() if confirmed is None else run.trial(confirmed)
    if trial is None:
        return None
    reads = ".best()" if confirmed is None else f".trial({confirmed})"
    return Winner(
        trial=trial.number,
        epochs=trial.epochs,
        score=score_text(run, trial),
        settings=settings_yaml(trial),
        complete=trial.status == "completed",
        full=trial.config is not None,
        code=f"import search\n\nbest = search.open_run({str(run.layout.root)!r}){reads}\nbest.config, best.metrics",
        places=tuple(places(run, trial)),
    )


def places(run: Run, trial: Trial) -> list[Place]:
    """Return the files of a trial; what the study names outside the run's folder is left out."""
    found = []
    last = trial.record.last
    if last is not None and last.checkpoint:
        path = (run.layout.root / last.checkpoint).resolve()
        if path.is_relative_to(run.layout.root):
            found.append(("weights", path))
    found += [("trial, as JSON", trial.layout.document), ("plan of the search", run.layout.plan)]
    return [Place(name, path, path.is_file()) for name, path in found]

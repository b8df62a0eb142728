"""How a verb opens the run that its arguments name."""

from __future__ import annotations

from pathlib import Path

from search.runs.reader import open_run
from search.runs.run import Run
from search.verb import UserError


def run_of(path: Path, storage: str | None = None) -> Run:
    """Return a run, for reading.

    Args:
        path: the folder of the run.
        storage: the Optuna storage URL of its study, where it is not in the folder and needs a password.

    Raises:
        UserError: there is no run.
        PlanError: its plan has mistakes.
        StudyError: its study is damaged or out of reach.
    """
    try:
        return open_run(path, storage=storage)
    except FileNotFoundError as error:
        raise UserError(str(error)) from error

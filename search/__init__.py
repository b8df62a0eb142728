"""Winnow: distributed hyperparameter search for image classifiers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from search.runs.run import Run

__version__ = "0.1.0"
__all__ = ["__version__", "open_run"]


def open_run(path: str | Path, *, storage: str | None = None) -> Run:
    """Open a run for reading: ``search.open_run("runs/digits").best()``.

    Args:
        path: the run's folder.
        storage: the Optuna storage URL of its study, where that is not in the folder and needs a password.

    Raises:
        FileNotFoundError: there is no run.
    """
    # Late, so that `import search` costs nothing and the training part needs no Optuna.
    from search.runs.reader import open_run as opened  # noqa: PLC0415

    return opened(path, storage=storage)

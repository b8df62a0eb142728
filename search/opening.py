"""How a verb opens the run that its arguments name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from search.plan.place import Place
from search.runs.layout import RunLayout
from search.runs.lease import Holder, RunIsHeld, holder
from search.runs.local_copy import bring, local_root, mirror
from search.runs.reader import open_run
from search.runs.run import Run
from search.verb import UserError


def run_of(path: Place, storage: str | None = None) -> Run:
    """Return a run, for reading.

    Args:
        path: the folder of the run, or `s3://bucket/prefix/run`.
        storage: the Optuna storage URL of its study, where it is not in the folder and needs a password.

    Raises:
        UserError: there is no run.
        PlanError: its plan has mistakes.
        StudyError: its study is damaged or out of reach.
        OSError: the bucket is out of reach.
    """
    try:
        return open_run(_folder(path), storage=storage)
    except FileNotFoundError as error:
        raise UserError(str(error)) from error


def driven_here(path: Place, storage: str | None = None) -> Run:
    """Return a run whose driver can be asked: that of a run in a bucket only on the driver's own machine.

    Args:
        path: the folder of the run, or `s3://bucket/prefix/run`.
        storage: as in `run_of`.

    Raises:
        UserError: there is no run, its driver is elsewhere, or it is being confirmed, which asks nobody.
        PlanError: its plan has mistakes.
        StudyError: its study is damaged or out of reach.
        OSError: the bucket is out of reach.
    """
    if isinstance(path, Path):
        return run_of(path, storage)
    own = local_root(path)
    driver = holder(RunLayout(own))
    if driver is not None:
        _refuse_confirming(path, own, driver)
        return run_of(own, storage)
    found = run_of(path, storage)
    if found.driver is not None:
        raise UserError(
            f"{path}: {found.driver.host} drives this run, and is asked on that machine alone: log in there, or name "
            "its cluster by --cluster"
        )
    return found


def _refuse_confirming(path: Place, own: Path, driver: Holder) -> None:
    """Refuse a run that is held to publish its confirmation: nobody takes requests."""
    confirming = holder(RunLayout(own).confirming)
    if confirming is not None and (confirming.host, confirming.process) == (driver.host, driver.process):
        raise UserError(
            f"{path}: process {driver.process} on {driver.host} is confirming it, and takes no requests: ask again "
            "when that has ended"
        )


def own_run(path: Place, storage: str | None = None, *, say: Callable[[str], None]) -> Run:
    """Return a run to write into: of one in a bucket this machine's own copy, fetched where another one is newer.

    Args:
        path: the folder of the run, or `s3://bucket/prefix/run`.
        storage: as in `run_of`.
        say: takes a line for the user.

    Raises:
        UserError: there is no run, or a driver elsewhere goes on with it.
        PlanError: its plan has mistakes.
        StudyError: its study is damaged or out of reach.
        OSError: the bucket is out of reach.
    """
    if isinstance(path, Path):
        return run_of(path, storage)
    try:
        return run_of(bring(path, say=say), storage)
    except (FileNotFoundError, RunIsHeld) as error:
        raise UserError(str(error)) from error


def _folder(path: Place) -> Path:
    return path if isinstance(path, Path) else mirror(path)

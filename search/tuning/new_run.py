"""A new run's folder, under a name that is free."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from pathlib import Path

from search.plan.place import Place
from search.runs.layout import NAME, RunLayout
from search.runs.local_copy import local_runs
from search.training.bucket import Bucket


class RunExists(ValueError):  # noqa: N818 (says what is the case)
    """A run cannot have that name: there is one already, or it is no name."""


def new_run(place: Place, name: str | None, default: str) -> tuple[RunLayout, str | None]:
    """Make the folder of a new run.

    Args:
        place: of all runs: a folder, made when missing, or `s3://bucket/prefix`.
        name: of the run; None: the default, with a number behind it where that is taken.
        default: of the name.

    Returns:
        The run on this machine, and its address where it is published in a bucket.

    Raises:
        RunExists: there is a run of that name, or it is no name.
        OSError: the bucket is out of reach.
    """
    if isinstance(place, Path):
        return _new_folder(place.resolve(), name, default, taken=()), None
    layout = _new_folder(local_runs(place), name, default, taken=Bucket(place).folders())
    return layout, f"{place.rstrip('/')}/{layout.root.name}"


def _new_folder(folder: Path, name: str | None, default: str, *, taken: Collection[str]) -> RunLayout:
    folder.mkdir(parents=True, exist_ok=True)
    if name is not None:
        if not NAME.fullmatch(name):
            raise RunExists(
                f"a name of letters, digits, '.', '_' and '-' is expected, but got --name {name!r}"
            )
        return _make(folder / name, taken)
    for count in range(1, 10_000):
        with contextlib.suppress(RunExists):
            return _make(folder / (default if count == 1 else f"{default}-{count}"), taken)
    raise RunExists(f"{folder}: there are 10,000 runs named {default!r}: give a --name")


def _make(root: Path, taken: Collection[str]) -> RunLayout:
    try:
        if root.name in taken:
            raise FileExistsError(root)
        root.mkdir()
    except FileExistsError:
        raise RunExists(
            f"{root}: a run of that name is there already: go on with it by `search.resume`, "
            "or give another --name"
        ) from None
    return RunLayout(root)

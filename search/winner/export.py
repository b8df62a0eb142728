"""Writes a trial as a bundle: whole or not at all, and only after a new process has loaded it and agreed."""

from __future__ import annotations

import fcntl
import glob
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import search
from search.runs.layout import write_json
from search.runs.run import Run, Trial
from search.winner.bundle import Bundle, read_checksums, write_checksums
from search.winner.candidate import CannotExport, Trained, choose, load
from search.winner.description import write_description
from search.winner.formats import formats
from search.winner.verify import Parity

FORMATS = ("safetensors",)
"""Written where none are asked for."""

Tell = Callable[[str, int, int], None]
"""Takes what is done next, and how many of how many steps are behind it."""


@dataclass(frozen=True)
class Exported:
    """A finished bundle: where it is, the trial, the bytes and the checksum of each file, how it was checked."""

    bundle: Bundle
    trial: int
    sizes: dict[str, int]
    checksums: dict[str, str]
    parity: Parity


def export(
    run: Run,
    number: int | None = None,
    *,
    out: Path | None = None,
    names: Sequence[str] = FORMATS,
    tell: Tell = lambda _text, _done, _total: None,
) -> Exported:
    """Write a trial as a bundle; one of the same place is replaced when the new one is checked.

    Args:
        run: where it was trained.
        number: of the trial; None: the best one.
        out: the bundle's folder; None: ``winner/trial-<number>`` in the run's folder.
        names: of formats.
        tell: is told the progress.

    Raises:
        CannotExport: the trial's weights are not there, the place is taken by something else, or the written model
            does not agree with the trained one.
        KeyError: there is no format of that name.
        CheckpointError, DataError, PlanError: weights, images or plugins cannot be read.
        OSError: the folder cannot be written.
    """
    writers = [formats[name] for name in names]
    total = len(writers) + 3
    tell("reading the weights and the images", 0, total)
    trial = choose(run, number)
    place = (out or run.layout.winner / f"trial-{trial.number}").resolve()
    _refuse_taken(place)
    with _new_folder(place) as folder:
        trained, bundle = load(run, trial), Bundle(folder)
        write_description(trained, bundle)
        for done, entry in enumerate(writers, start=1):
            tell(f"writing {entry.name}", done, total)
            entry.build(trained, bundle)
        tell("loading it again in a new process, and comparing", total - 2, total)
        parity = check(bundle, trained)
        write_json(bundle.verification, {"split": "validation", **vars(parity)})
        tell("writing the checksums", total - 1, total)
        write_checksums(bundle)
    finished = Bundle(place)
    checksums = read_checksums(finished)
    sizes = {name: (place / name).stat().st_size for name in checksums}
    return Exported(finished, trial.number, sizes, checksums, parity)


def check(bundle: Bundle, trained: Trained) -> Parity:
    """Load a bundle in a new process and compare what it says with what the trained model said.

    Raises:
        CannotExport: they differ, or it cannot be loaded.
    """
    directory = trained.run.plan.data.folder
    command = [
        sys.executable,
        "-m",
        "search.winner.verify",
        str(bundle.folder),
        str(trained.trial.layout.validation),
    ]
    command += ["--data-dir", str(directory)] if directory else []
    command += ["--strict"] if _same_hardware(trained.trial) else []
    ran = subprocess.run(
        command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, env=_environment()
    )
    try:
        said = json.loads(ran.stdout)
    except ValueError:
        raise CannotExport(
            f"the exported model could not be loaded again: {ran.stderr.strip()[-2000:]}"
        ) from None
    if "error" in said:
        raise CannotExport(f"the exported model could not be loaded again: {said['error']}")
    if not said.pop("holds"):
        raise CannotExport(
            f"the exported model is not the trained one: it says the same of {said['agree']:,} of {said['images']:,} "
            f"validation images, and a logit is off by {said['difference']:.2g} of the largest, where "
            f"{said['tolerance']:g} is allowed; nothing was written"
        )
    return Parity(**said)


def _same_hardware(trial: Trial) -> bool:
    """Tell whether a trial's last epoch was computed by this machine's CPU, which computes the same again."""
    last = trial.record.stints[-1] if trial.record.stints else None
    return last is not None and last.device == "cpu" and last.host == socket.gethostname()


def _environment() -> dict[str, str]:
    """Return the environment of the new process: it finds this very copy of Winnow."""
    home = str(Path(search.__file__).resolve().parent.parent)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))}


def _refuse_taken(place: Path) -> None:
    if (
        place.exists()
        and not Bundle(place).checksums.is_file()
        and (not place.is_dir() or any(place.iterdir()))
    ):
        raise CannotExport(f"{place} is there already and is no bundle: an empty or a new folder is expected")


@contextmanager
def _new_folder(place: Path) -> Iterator[Path]:
    """Yield a folder that takes a place when the block ends without an error; else nothing is left of it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(place)
    partial = place.with_name(f".{place.name}.{secrets.token_hex(4)}.partial")
    partial.mkdir()
    handle = os.open(partial, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems lock no folders: then a dead one's is left behind
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield partial
        _take_place(partial, place)
    finally:
        os.close(handle)
        shutil.rmtree(partial, ignore_errors=True)


def _take_place(partial: Path, place: Path) -> None:
    """Rename a finished folder; what was there before, a bundle or an empty folder, is gone when that is done."""
    _refuse_taken(place)
    old = partial.with_suffix(".old")
    if place.exists():
        place.rename(old)
    partial.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def _remove_abandoned(place: Path) -> None:
    """Remove what killed exports to this place have left: the kernel has freed their locks."""
    for partial in place.parent.glob(f".{glob.escape(place.name)}.*.partial"):
        with suppress(OSError):
            handle = os.open(partial, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(partial, ignore_errors=True)
            finally:
                os.close(handle)

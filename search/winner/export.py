"""Writes a trial, or an ensemble, as a bundle: whole or not at all, and only after a new process has agreed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from search.plan.registry import Entry
from search.runs.layout import write_json
from search.runs.run import Run
from search.winner.bundle import Bundle, read_checksums, write_checksums
from search.winner.candidate import CannotExport, Choice, Trained, choice, load
from search.winner.card import write_card
from search.winner.check_format import WEIGHTS
from search.winner.description import Preprocess, write_description
from search.winner.ensemble.trained import load_ensemble
from search.winner.formats import Format, formats, missing
from search.winner.place import new_folder, refuse_taken
from search.winner.verification import Verification
from search.winner.verifying import verified

DEFAULT = ("safetensors", "onnx", "torch_export")
"""Written where none are asked for, those of them whose packages are there: they lose nothing and take any batch."""

ENSEMBLE: Literal["ensemble"] = "ensemble"

Tell = Callable[[str, int, int], None]
"""Takes what is done next, and how many of how many steps are behind it."""


@dataclass(frozen=True)
class Exported:
    """A finished bundle: where it is, the trial (an ensemble's first), why that one, its files, how it was checked."""

    bundle: Bundle
    trial: int
    why: str
    sizes: dict[str, int]
    checksums: dict[str, str]
    verification: Verification


def export(
    run: Run,
    number: int | Literal["ensemble"] | None = None,
    *,
    out: Path | None = None,
    names: Sequence[str] | None = None,
    preprocess: Preprocess = "outside",
    tell: Tell = lambda _text, _done, _total: None,
) -> Exported:
    """Write a trial as a bundle; one of the same place is replaced when the new one is checked.

    Args:
        run: where it was trained.
        number: of the trial; None: the confirmed winner, or else the best of the search; ``ensemble``: the members
            that `search.ensemble` has chosen.
        out: the bundle's folder; None: ``winner/trial-<number>`` or ``winner/ensemble`` in the run's folder.
        names: of formats; None: `DEFAULT`. The weights are always written.
        preprocess: whether the files with a graph take float32 images that are normalized already (``outside``), or
            normalize uint8 ones themselves (``inside``).
        tell: is told the progress.

    Raises:
        CannotExport: the trial's weights are not there, a package is missing, the place is taken by something else,
            or a written file does not agree with the trained model.
        KeyError: there is no format of that name.
        CheckpointError, DataError, PlanError: weights, images or plugins cannot be read.
        OSError: the folder cannot be written.
    """
    writers = chosen_formats(names)
    steps = Steps(tell, 2 * len(writers) + 3)
    steps.next("reading the weights and the images")
    one = None if number == ENSEMBLE else choice(run, number)
    name = f"trial-{one.trial.number}" if one else ENSEMBLE
    place = (out or run.layout.winner / name).resolve()
    refuse_taken(place)
    with new_folder(place) as folder:
        trained, bundle = _load(run, one), Bundle(folder)
        write_description(trained, bundle, preprocess=preprocess)
        for entry in writers:
            steps.next(f"writing {entry.name}")
            _write(entry, trained, bundle)
        names = [entry.name for entry in writers]
        found = verified(
            bundle, trained, names, tell=lambda name: steps.next(f"loading {name} again in a new process")
        )
        write_json(bundle.verification, found.to_json())
        steps.next("writing the model card")
        write_card(trained, bundle, found)
        steps.next("writing the checksums")
        write_checksums(bundle)
    finished = Bundle(place)
    checksums = read_checksums(finished)
    sizes = {name: (place / name).stat().st_size for name in checksums}
    why = one.why if one else "its members together"
    return Exported(finished, trained.trial.number, why, sizes, checksums, found)


def chosen_formats(names: Sequence[str] | None) -> list[Entry[type[Format]]]:
    """Return the formats of these names, in the order in which they are written, the weights first.

    Args:
        names: of formats, or ``all``: those whose packages are there; None: `DEFAULT`.

    Raises:
        KeyError: there is none of that name; the message names the nearest.
        CannotExport: a package is missing; the message says how to install it.
    """
    if names is not None and list(names) != ["all"]:
        asked = {WEIGHTS} | {formats[name].name for name in names}
        for entry in formats:
            if entry.name in asked and (package := missing(entry)):
                raise CannotExport(f"{entry.name} needs a package that is not here: pip install {package}")
        return [entry for entry in formats if entry.name in asked]
    wanted = DEFAULT if names is None else formats.names()
    return [entry for entry in formats if entry.name in wanted and missing(entry) is None]


class Steps:
    """Counts the steps of a work and tells each as it begins.

    Args:
        tell: takes what is done next, and how many of how many steps are behind it.
        total: steps.
    """

    def __init__(self, tell: Tell, total: int) -> None:
        self._tell, self._total, self._done = tell, total, 0

    def next(self, text: str) -> None:
        """Begin a step."""
        self._tell(text, self._done, self._total)
        self._done += 1


def _load(run: Run, one: Choice | None) -> Trained:
    return load(run, one.trial) if one else load_ensemble(run)


def _write(entry: Entry[type[Format]], trained: Trained, bundle: Bundle) -> None:
    """Write the files of a format.

    Raises:
        CannotExport: the exporter cannot take this model, such as a plugin's that decides by its input's values.
    """
    try:
        entry.build().write(trained, bundle)
    except OSError:
        raise
    except Exception as error:  # the exporters' own errors have no class in common
        reason = " ".join(str(error).split())[:1000]
        raise CannotExport(
            f"this model cannot be written as {entry.name}: {type(error).__name__}: {reason}; "
            "nothing was written"
        ) from error

"""A new search before it begins: where its space comes from, what is wrong with it, and what it may cost."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.plan.load import load_plan, plan_plugins
from search.plan.magnitude import span
from search.plan.mistake import Mistake, PlanError
from search.plan.model import Plan
from search.plan.scalars import read_scalar, write_scalar
from search.plan.shipped import shipped_spaces, spaces_folder
from search.plan.vocabulary import Vocabulary
from search.runs.layout import find_runs
from search.runs.run import Run

MOST_BYTES = 256 * 1024
"""Of a space."""

MOST_SHOWN = 50
"""Mistakes that are shown of a space."""

OPTIONS = {
    "budget.trials": "Trials",
    "budget.epochs": "Epochs",
    "budget.time": "Time budget",
    "data.dir": "Folder of the images",
    "seed": "Seed",
}
"""The keys of a space that a field of the page sets, and the fields' names."""


@dataclass(frozen=True)
class Source:
    """A space to begin with: what it is called on the page, and its file."""

    label: str
    path: Path


@dataclass(frozen=True)
class Line:
    """One mistake: in which line of the space it is, None where it is none's; and what it is."""

    line: int | None
    text: str


@dataclass(frozen=True)
class Checked:
    """What is known of a space. ``plan`` is None where something is wrong with it.

    ``plugins`` are files of Python that it names: what they bring is not known here, so that the names of settings
    are not checked.
    """

    plan: Plan | None
    mistakes: tuple[Line, ...]
    plugins: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pace:
    """The seconds that an epoch took in earlier searches of these images, in the quickest and slowest of ``runs``."""

    low: float
    high: float
    runs: tuple[str, ...]


@dataclass(frozen=True)
class Estimate:
    """What a search may cost.

    ``most`` epochs are trained where nobody is stopped early; ``least`` where exactly one in the scheduler's reduction
    factor goes on at each rung, None where the scheduler is another. ``hours`` are those of one worker, None where no
    epoch of these images was measured.
    """

    trials: int
    least: int | None
    most: int
    hours: tuple[float, float] | None


def sources(folder: Path) -> list[Source]:
    """Return the spaces to begin with: those that come with Winnow, then the plans of the runs in a folder."""
    shipped = [Source(f"{name}, comes with Winnow", spaces_folder() / name) for name in shipped_spaces()]
    return shipped + [Source(f"plan of the run {one.root.name}", one.plan) for one in find_runs(folder)]


def read_text(path: Path) -> str:
    """Return the text of a space; of one that is too long, the beginning.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return decoded(file.read(MOST_BYTES))


def decoded(content: bytes) -> str:
    """Return bytes as text; what is no UTF-8 shows as a replacement mark."""
    return content.decode("utf-8-sig", "replace")


def overrides(options: Mapping[str, str]) -> list[str]:
    """Return what the fields of the page set, as ``key=value`` of the command line.

    Args:
        options: text by key of a space; what is empty is left as the space has it.
    """
    given = {key: text.strip() for key, text in options.items() if text.strip()}
    if "data.dir" in given:
        expanded = os.path.expanduser(given["data.dir"])  # noqa: PTH111  Path's own raises on a name like ~0
        given["data.dir"] = str(Path(expanded).absolute())
    return [f"{key}={_written(key, text)}" for key, text in given.items()]


def check(text: str, options: Mapping[str, str], *, base: Path, vocabulary: Vocabulary | None) -> Checked:
    """Read a space with what the fields of the page set, and say all that is wrong with it.

    Args:
        text: in YAML.
        options: see `overrides`.
        base: the folder to which relative paths in it belong.
        vocabulary: the settings that exist; None where they are not known yet.
    """
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        return Checked(
            None, (Line(None, f"found more than {MOST_BYTES // 1024} kB, expected a shorter space"),)
        )
    path, changed = base / "space.yaml", overrides(options)
    plugins: tuple[str, ...] = ()
    try:
        plugins = plan_plugins(path, overrides=changed, text=text)
        plan = load_plan(path, overrides=changed, vocabulary=None if plugins else vocabulary, text=text)
    except PlanError as error:
        return Checked(None, tuple(map(_line, error.mistakes[:MOST_SHOWN])), plugins)
    return Checked(plan, (), plugins)


def estimate(plan: Plan, vocabulary: Vocabulary | None, pace: Pace | None) -> Estimate:
    """Return what a search may cost.

    Args:
        plan: without mistakes.
        vocabulary: has the defaults of the scheduler; None where they are not known yet.
        pace: of earlier searches of the same images.
    """
    trials = int(min(plan.budget.trials, plan.space.size()))
    most = trials * plan.budget.epochs
    each = _epochs_each(plan, vocabulary)
    least = None if each is None else min(most, math.ceil(trials * each))
    if pace is None:
        return Estimate(trials, least, most, None)
    hours = (most if least is None else least) * pace.low / 3600, most * pace.high / 3600
    return Estimate(trials, least, most, hours)


def pace_of(runs: Iterable[Run]) -> Pace | None:
    """Return how long an epoch took in runs; None where none of them has measured one."""
    found: dict[str, float] = {}
    for run in runs:
        stands = run.progress()
        if stands.epochs_spent and stands.seconds_spent > 0:
            found[run.name] = stands.seconds_spent / stands.epochs_spent
    return Pace(min(found.values()), max(found.values()), tuple(found)) if found else None


def images_of(plan: Path) -> str:
    """Return the name of the data set of a run's plan; empty where it cannot be read."""
    try:
        return load_plan(plan).data.name
    except PlanError:
        return ""


def report_lines(report: Mapping[str, Any]) -> list[str]:
    """Return what `search.run --check` says of a space, in sentences."""
    train, validation = report["images"]
    count = report["configurations"]
    return [
        f"{report['data']}: {train:,} training and {validation:,} validation images of {report['classes']} classes.",
        f"{report['branches']:,} distinct branches, {'unlimited' if count is None else f'{count:,}'} configurations.",
        *map(str, report["notes"]),
    ]


def report_columns(report: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the least and the most that each architecture costs, by columns."""
    rows = report["architectures"]
    units = {"parameters": "", "flops": "", "memory": "B"}
    spans = {name: [span((row[name][0], row[name][1]), unit) for row in rows] for name, unit in units.items()}
    return {"architecture": [str(row["name"]) for row in rows], **spans}


def halving_epochs(horizon: int, grace_period: int, reduction_factor: int) -> float:
    """Return the epochs that a trial trains on average where one in ``reduction_factor`` goes on at each rung.

    Args:
        horizon: epochs of a full training.
        grace_period: the first rung, in epochs.
        reduction_factor: each rung is so many times the one before.
    """
    epochs, reached, share = 0.0, 0, 1.0
    rung = min(grace_period, horizon)
    while reached < horizon:
        epochs += share * (rung - reached)
        reached, share = rung, share / reduction_factor
        rung = min(rung * reduction_factor, horizon)
    return epochs


def _epochs_each(plan: Plan, vocabulary: Vocabulary | None) -> float | None:
    if plan.scheduler.name == "none":
        return float(plan.budget.epochs)
    defaults = (
        {} if vocabulary is None else {s.name: s.default for s in vocabulary.schedulers.get("asha", ())}
    )
    settings = {**defaults, **plan.scheduler.settings}
    grace, factor = settings.get("grace_period"), settings.get("reduction_factor")
    if plan.scheduler.name != "asha" or settings.get("brackets", 1) != 1:
        return None
    if not isinstance(grace, int) or not isinstance(factor, int) or grace < 1 or factor < 2:
        return None
    return halving_epochs(plan.budget.epochs, grace, factor)


def _line(mistake: Mistake) -> Line:
    """Return a mistake without the name of a file that does not exist."""
    if mistake.file.startswith("--set "):
        name = OPTIONS.get(mistake.file.removeprefix("--set "), mistake.file)
        return Line(None, f"{name}: {_said(mistake)}")
    return Line(mistake.line, f"{mistake.key}: {_said(mistake)}" if mistake.key else _said(mistake))


def _said(mistake: Mistake) -> str:
    hint = f": {mistake.hint}" if mistake.hint else ""
    return f"found {mistake.found}, expected {mistake.expected}{hint}"


def _written(key: str, text: str) -> str:
    """Return a field's text as YAML: a path is text whatever it looks like, anything else is read as in a file."""
    try:
        return write_scalar(text if key == "data.dir" else read_scalar(text))
    except ValueError:
        return write_scalar(text)

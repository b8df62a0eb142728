"""A user's own parts: Python files that a plan names, and entry points of installed packages.

Importing them is all: their decorators register what they bring. An entry point belongs to the group
`winnow.plugins` and names a module::

    [project.entry-points."winnow.plugins"]
    my_models = "my_package.my_models"
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Iterable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

from search.plan.mistake import Mistake, PlanError

GROUP = "winnow.plugins"

PROJECT = "WINNOW_PROJECT"
"""In a job on a cluster: the folder on the user's own machine whose files became the job's working directory. Plugins
keep the paths that they have on that machine, so that a run can be read there, and be resumed by another job."""

JOB = Path.cwd()
"""The working directory with which this process began: in a job, and in its workers, that of the project."""


def load_plugins(paths: Iterable[str | Path]) -> tuple[ModuleType, ...]:
    """Import what installed packages offer, then Python files, each once in a process.

    Args:
        paths: of the files; a plan holds them absolute.

    Returns:
        The modules of the files in the same order.

    Raises:
        PlanError: files that are missing or fail, or entry points; with the plugin's own exception and the line it
            came from.
    """
    _installed()
    modules: list[ModuleType] = []
    mistakes: list[Mistake] = []
    for path in paths:
        try:
            modules.append(_load(Path(path).resolve()))
        except PlanError as error:
            mistakes += error.mistakes
    if mistakes:
        raise PlanError(mistakes)
    return tuple(modules)


def load_entry_points() -> tuple[ModuleType, ...]:
    """Import what installed packages offer as `winnow.plugins`, each once in a process.

    Raises:
        PlanError: entry points that fail; with their own exception and the line it came from.
    """
    modules: list[ModuleType] = []
    mistakes: list[Mistake] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        try:
            modules.append(entry.load())
        except (Exception, SystemExit) as error:
            mistakes.append(_failure(error, _place(entry), file=None))
    if mistakes:
        raise PlanError(mistakes)
    return tuple(modules)


@cache
def _installed() -> tuple[ModuleType, ...]:
    """Import the entry points once: to look for them takes 20 ms, as long as from one trial to the next."""
    return load_entry_points()


def module_name(path: Path) -> str:
    """Return the name under which a plugin is imported: the same for the same path in every process."""
    return f"winnow_plugin_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"


def plugin_file(path: Path) -> Path:
    """Return where a plugin is: at its path, or where a job on a cluster has it, in the folder of its project.

    Args:
        path: as the plan has it, absolute.
    """
    project = os.environ.get(PROJECT)
    if project is None or path.is_file() or not path.is_relative_to(project):
        return path
    if (
        str(JOB) not in sys.path
    ):  # for the modules that it imports; Ray 2.60 puts it there only without a PYTHONPATH
        sys.path.insert(0, str(JOB))
    return JOB / path.relative_to(project)


def _load(path: Path) -> ModuleType:
    name = module_name(path)
    if name in sys.modules:
        return sys.modules[name]
    file = plugin_file(path)
    if not file.is_file():
        expected = "the path of a Python file"
        raise PlanError([Mistake(file=str(path), key="plugins", found="no such file", expected=expected)])
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise PlanError(
            [Mistake(file=str(path), key="plugins", found="no Python file", expected="one named *.py")]
        )
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = (
        module  # before it runs, as Python's own import does: dataclasses look their module up
    )
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise PlanError([_failure(error, str(path), file=str(file))]) from error
    return module


def _place(entry: EntryPoint) -> str:
    package = f" of {entry.dist.name}" if entry.dist else ""
    return f"entry point {entry.name} = {entry.value}{package}"


def _failure(error: BaseException, place: str, *, file: str | None) -> Mistake:
    """Describe a plugin's exception, with the last line of the plugin's own file that it came through."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    if isinstance(error, SyntaxError) and error.filename == file:
        lines.append(error.lineno)
    reason = f"{type(error).__name__}: {error}".rstrip(": ")
    return Mistake(
        file=place,
        line=lines[-1] if lines else None,
        key="plugins",
        found=reason,
        expected="a plugin that can be imported",
    )

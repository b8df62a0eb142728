"""What travels with a search: its space, its plugins, and the modules beside these; bounded, and no secrets."""

from __future__ import annotations

import fnmatch
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from search.cluster.errors import ClusterError

MOST_BYTES = 50 * 2**20
"""Of all files together: Ray keeps what it ships in the memory of the head (its own limit is 500 MiB)."""

MOST_FILES = 2_000
MOST_FOLDERS = 20_000
"""Folders that are looked into: whoever starts a search in his home directory is told so, not kept waiting."""

KINDS = ("*.py", "*.yaml", "*.yml")

NEVER = (
    ".*", "runs", "data", "images", "venv", "env", "site-packages", "node_modules", "__pycache__", "build", "dist",
    "id_*", "*.pem", "*.key", "*secret*", "*credential*", "*password*", "cluster.yaml",
)  # fmt: skip
"""Files and folders that stay: hidden ones, runs and data, environments, and what may be secret."""


@dataclass(frozen=True)
class Project:
    """The files that travel, relative to ``root``; there they lie below the job's working directory likewise."""

    root: Path
    files: tuple[Path, ...]


def project_of(space: Path | None, plugins: Sequence[Path], *, folder: Path) -> Project:
    """Return what travels with a search.

    Without plugins that is the file of the space alone. A plugin may import the modules beside it, and those of the
    working directory where the project lies below it: all Python and YAML files of these folders travel with it.

    Args:
        space: its file; None: the cluster has it, as it has every space that comes with Winnow.
        plugins: the Python files that it names.
        folder: the working directory.

    Raises:
        ClusterError: it is too much; the message names the largest file.
    """
    asked = {path.resolve() for path in (*([space] if space else []), *plugins)}
    below = all(path.is_relative_to(folder.resolve()) for path in asked)
    beside = {folder.resolve()} if below else {path.parent for path in asked}
    found = dict.fromkeys(sorted(asked))
    for one in sorted(beside) if plugins else ():
        found.update(dict.fromkeys(_modules(one)))
    root = Path(os.path.commonpath(beside)) if beside else folder.resolve()
    _bounded(list(found), root)
    return Project(root, tuple(path.relative_to(root) for path in found))


@contextmanager
def staged(project: Project) -> Iterator[Path]:
    """Yield a temporary folder with the project's files alone, links followed."""
    with tempfile.TemporaryDirectory(prefix="winnow-project-") as name:
        for file in project.files:
            target = Path(name) / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(project.root / file, target)
        yield Path(name)


def _modules(folder: Path) -> Iterator[Path]:
    """Yield the Python and YAML files below a folder."""
    count = 0
    for looked, (place, folders, files) in enumerate(os.walk(folder), start=1):
        here = Path(place)
        folders[:] = sorted(name for name in folders if _travels(name) and not _foreign(here / name))
        for name in sorted(files):
            if any(fnmatch.fnmatch(name, kind) for kind in KINDS) and _travels(name):
                count += 1
                yield here / name
        if looked > MOST_FOLDERS or count > MOST_FILES:
            raise ClusterError(
                f"{folder}: a project of at most {MOST_FILES:,} Python and YAML files is expected, but there are "
                "more below it: keep the space and its plugins in a folder of their own"
            )


def _travels(name: str) -> bool:
    return not any(fnmatch.fnmatch(name.lower(), pattern) for pattern in NEVER)


def _foreign(folder: Path) -> bool:
    """Return whether a folder is a virtual environment, or Winnow itself, which the cluster has."""
    return (folder / "pyvenv.cfg").is_file() or folder == Path(__file__).resolve().parents[1]


def _bounded(files: Sequence[Path], root: Path) -> None:
    sizes = {path: path.stat().st_size for path in files if path.is_file()}
    total = sum(sizes.values())
    if len(files) > MOST_FILES or total > MOST_BYTES:
        largest = max(sizes, key=lambda path: sizes[path])
        raise ClusterError(
            f"{root}: a project of at most {MOST_FILES:,} files and {MOST_BYTES // 2**20} MB is expected, but it has "
            f"{len(files):,} files of {total / 2**20:.0f} MB, the largest {largest} "
            f"({sizes[largest] / 2**20:.1f} MB): keep the space and its plugins in a folder of their own"
        )

"""The spaces that come with Winnow: found by name, from the source tree and from an installed wheel."""

from __future__ import annotations

from pathlib import Path

from search.plan.mistake import Mistake, PlanError, nearest


def spaces_folder() -> Path:
    """Return the folder of the shipped spaces: inside an installed package, beside it in the source tree."""
    package = Path(__file__).parent.parent
    inside = package / "spaces"
    return inside if inside.is_dir() else package.parent / "spaces"


def shipped_spaces() -> tuple[str, ...]:
    """Return the file names of the shipped spaces."""
    return tuple(sorted(path.name for path in spaces_folder().glob("*.yaml")))


def find_space(name: str) -> Path:
    """Return the file that `--space` names.

    Args:
        name: a path, else the name of a shipped space, with or without `.yaml`.

    Raises:
        PlanError: there is no such file; the message names the nearest shipped space and all of them.
    """
    for path in (Path(name), Path(f"{name}.yaml")):
        if _is_file(path):
            return path
    shipped = shipped_spaces()
    for file in (name, f"{name}.yaml"):
        if file in shipped:
            return spaces_folder() / file
    expected = "the path of a YAML file, or one of " + ", ".join(shipped)
    hint = nearest(Path(name).name, shipped) or nearest(f"{Path(name).name}.yaml", shipped)
    raise PlanError([Mistake(file="--space", found=repr(name), expected=expected, hint=hint)])


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, or has a null character
        return False

"""A YAML file becomes a plan: read, overridden, resolved, checked; all its mistakes at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from search.plan.checks import check_alone, check_plan
from search.plan.constraints_reader import read_constraints
from search.plan.contexts import never_active
from search.plan.document import Node, Place, parse, read_document
from search.plan.file_settings import with_absolute_files
from search.plan.invalid import mistakes_of
from search.plan.mistake import Mistake, PlanError, shown
from search.plan.model import Plan
from search.plan.objectives_reader import read_objectives
from search.plan.override import override
from search.plan.place import in_bucket
from search.plan.space import Space
from search.plan.space_reader import SpaceReader
from search.plan.start_reader import read_start
from search.plan.vocabulary import Vocabulary


def load_plan(
    path: str | Path,
    *,
    overrides: Sequence[str] = (),
    vocabulary: Vocabulary | None = None,
    text: str | None = None,
) -> Plan:
    """Read a plan from a YAML file.

    Args:
        path: of the file; relative paths in it (`data.dir`, `data.file`, `plugins`) start at its folder, those of an
            override at the working directory.
        overrides: the `--set key=value` of the command line, such as ``space.batch_size=[64,128]``.
        vocabulary: the settings that exist; without it names and ranges of settings are not checked.
        text: its content, where that is known better than what stands in the file.

    Raises:
        PlanError: it holds all mistakes of the file and of the overrides, in the order of the lines.
    """
    document, mistakes = _read(Path(path), overrides, text)
    written = _content(document, mistakes)
    content, goals, wrong_goals = read_objectives(written)
    if vocabulary is not None:
        content = with_absolute_files(
            content, vocabulary, lambda text, place: _absolute(text, _base(place, Path(path)))
        )
    reader = SpaceReader()
    space = reader.read(content["space"]) if "space" in content else None
    lists, wrong_lists = _lists(content, space)
    wrong_lists = [_of_the_file(mistake, overrides) for mistake in wrong_lists]
    sections: dict[str, object] = {**_sections(content, Path(path)), "objectives": goals, **lists}
    if "space" in content:
        sections["space"] = space or Space(())
    document = replace(document, content=content)
    plan, broken, invalid = _validated(sections, document)
    mistakes += [*reader.mistakes, *wrong_goals, *wrong_lists]
    mistakes += invalid if "objective" in written else map(_of_the_first, invalid)
    meant = never_active(plan.space)
    if vocabulary is not None:
        meant += check_plan(plan, vocabulary)
        meant += [] if space else check_alone(reader.parameters, vocabulary)
    mistakes += [_placed(mistake, document, reader) for mistake in meant if _section(mistake) not in broken]
    if mistakes:
        raise PlanError(sorted(mistakes, key=lambda mistake: mistake.line or 0))
    return plan


def plan_plugins(
    path: str | Path, *, overrides: Sequence[str] = (), text: str | None = None
) -> tuple[str, ...]:
    """Return the plugins that a file names, as absolute paths, whatever else is wrong with it.

    They come first: the checks of the other sections need a vocabulary, and that needs the plugins. The arguments
    are those of `load_plan`.

    Raises:
        PlanError: the file cannot be read or has a syntax error.
    """
    document, _ = _read(Path(path), overrides, text)
    content = document.content if isinstance(document.content, dict) else {}
    plugins = _sections(content, Path(path)).get("plugins")
    return tuple(p for p in plugins if isinstance(p, str)) if isinstance(plugins, tuple) else ()


@contextmanager
def at_their_lines(path: str | Path, overrides: Sequence[str] = ()) -> Iterator[None]:
    """Place the mistakes that are found only when a plan is tried, each at its line of the file.

    Args:
        path: of the file, which can be read.
        overrides: those that the plan was loaded with.

    Raises:
        PlanError: that of the block; its mistakes' keys are paths into the plan, and those that know their place
            already keep it.
    """
    try:
        yield
    except PlanError as error:
        document, _ = _read(Path(path), overrides, None)
        reader = SpaceReader()
        if isinstance(document.content, dict) and "space" in document.content:
            reader.read(document.content["space"])
        raise PlanError(m if m.file else _placed(m, document, reader) for m in error.mistakes) from error


def _read(path: Path, overrides: Sequence[str], text: str | None) -> tuple[Node, list[Mistake]]:
    document, mistakes = read_document(path) if text is None else parse(text, Place(str(path), 1))
    document, more = override(document, overrides)
    return document, mistakes + more


def _content(document: Node, mistakes: list[Mistake]) -> dict[str, Node]:
    if isinstance(document.content, dict):
        return document.content
    found = "an empty file" if document.content is None else shown(document.plain())
    place, expected = document.place, "a mapping with at least data and space"
    raise PlanError([*mistakes, Mistake(file=place.file, line=place.line, found=found, expected=expected)])


def _lists(
    content: Mapping[str, Node], space: Space | None
) -> tuple[dict[str, tuple[object, ...]], list[Mistake]]:
    """Return the sections that are lists with readers of their own, and what is wrong with them."""
    constraints, wrong_constraints = read_constraints(content.get("constraints"))
    start, wrong_points = read_start(content.get("start"), space)
    return {"constraints": constraints, "start": start}, wrong_constraints + wrong_points


def _of_the_file(mistake: Mistake, overrides: Sequence[str]) -> Mistake:
    """Return what is wrong with the file's own first trials where the command line has changed the space."""
    changed = any(one.startswith("space") for one in overrides)
    if not changed or not mistake.key.startswith("start.") or mistake.file.startswith("--set "):
        return mistake
    return replace(mistake, hint="`--set start=[]` leaves out what this file tries first")


def _sections(content: Mapping[str, Node], path: Path) -> dict[str, object]:
    """Return the sections as plain data, paths made absolute, all but those that have a reader."""
    read = ("space", "start", "constraints")
    sections = {key: node.plain() for key, node in content.items() if key not in read}
    sections.setdefault("name", _name_of(path))
    if isinstance(data := sections.get("data"), dict):
        sections["data"] = {**data, **_data_folder(data, content["data"], path)}
    if isinstance(plugins := sections.get("plugins"), list):
        base = _base(content["plugins"].place, path)
        sections["plugins"] = tuple(_absolute(p, base) if isinstance(p, str) else p for p in plugins)
    return sections


def _data_folder(data: Mapping[str, object], node: Node, path: Path) -> dict[str, object]:
    """Return the folder of the images; where none is named it is that of the table of labels."""
    if isinstance(folder := data.get("dir"), str) and folder:
        return {"dir": _absolute(folder, _base(node.place_of(("dir",)), path))}
    if isinstance(file := data.get("file"), str) and file:
        folder, _, name = _absolute(file, _base(node.place_of(("file",)), path)).rpartition("/")
        return {"dir": folder or "/", "file": name}
    return {}


def _name_of(path: Path) -> str:
    """Return a plan's default name: the file's stem, with what no name may have replaced by `-`."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", path.stem).lstrip("._-")[:100] or "plan"


def _base(place: Place, path: Path) -> Path:
    """Return the folder to which a relative path belongs: the file's, or where the command was given."""
    return Path.cwd() if place.file.startswith("--set ") else path.parent


def _absolute(text: str, base: Path) -> str:
    if in_bucket(text):
        return text
    return os.path.abspath(base / os.path.expanduser(text))  # noqa: PTH100, PTH111  Path's own raise on odd names


def _validated(sections: dict[str, object], document: Node) -> tuple[Plan, set[str], list[Mistake]]:
    """Return the plan, the sections with mistakes, and these; a broken section is stood in for."""
    try:
        return Plan.model_validate(sections), set(), []
    except ValidationError as error:
        broken = {str(detail["loc"][0]) for detail in error.errors()}
        stand_in: dict[str, object] = {"name": "plan", "data": "unknown", "space": Space(())}
        right = {key: section for key, section in sections.items() if key not in broken}
        return Plan.model_validate({**stand_in, **right}), broken, mistakes_of(error, Plan, document)


def _of_the_first(mistake: Mistake) -> Mistake:
    """Return a mistake in `objective` under the name that it has in a file with `objectives`."""
    section, dot, key = mistake.key.partition(".")
    return replace(mistake, key=f"objectives.0{dot}{key}") if section == "objective" else mistake


def _section(mistake: Mistake) -> str:
    return mistake.key.partition(".")[0]


def _placed(mistake: Mistake, document: Node, reader: SpaceReader) -> Mistake:
    section, _, key = mistake.key.partition(".")
    if section == "space":
        return mistake.at(*reader.locate(key))
    place = document.place_of(tuple(mistake.key.split(".")))
    return mistake.at(place.file, place.line, mistake.key)

"""The handbook's reference says all that the code knows: each key, each part, each version of a file."""

from __future__ import annotations

import ast
import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML

from docs._generate.docstrings import mark_examples
from docs._generate.keys import Key, keys
from docs._generate.markdown import prose, table
from docs._generate.pages import GENERATED, filled
from search.plan.load import load_plan
from search.plan.model import Plan
from search.plan.registry import Entry, Registry
from search.plan.sections import BudgetPlan, DataPlan, ResourcesPlan
from search.plan.space_reader import RESERVED
from search.training.architectures import architectures
from search.training.augmentations import augmentations
from search.training.data import datasets
from search.training.losses import losses
from search.training.optimizers import optimizers
from search.training.schedules import schedules
from search.tuning.parts import samplers, schedulers
from search.tuning.vocabulary import vocabulary
from search.winner.formats import formats

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"

REGISTRIES: dict[str, Registry[Any]] = {
    "architectures": architectures,
    "augmentations": augmentations,
    "data sets": datasets,
    "export formats": formats,
    "losses": losses,
    "optimizers": optimizers,
    "samplers": samplers,
    "schedulers": schedulers,
    "schedules": schedules,
}


def fields_of(model: type[BaseModel]) -> Iterator[str]:
    """Walk a model by its annotations, as pydantic's own schema is not asked."""
    for name, kind in typing.get_type_hints(model).items():
        if name.startswith("_") or name == "model_config" or name not in model.model_fields:
            continue
        yield model.model_fields[name].alias or name
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (f"{name}.{inner}" for inner in fields_of(kind))


def test_every_key_of_the_models_stands_in_the_table() -> None:
    told = {key.name for key in keys()}
    beside = {name.replace(".settings", ".<setting>") for name in fields_of(Plan)}

    assert told == beside
    assert {"data.split_seed", "budget.time", "objectives", "scheduler.<setting>"} <= told
    page = filled((REFERENCE / "keys.md").read_text(encoding="utf-8"))
    assert all(f"| `{name}` |" in page for name in told)


def test_every_key_of_a_plan_that_was_written_stands_in_the_table() -> None:
    """What a run folder holds is looked up here; `plan.yaml` has every default written out."""
    plan = load_plan(ROOT / "spaces" / "digits.yaml", vocabulary=vocabulary())
    told = {key.name for key in keys()}

    document = YAML(typ="safe").load(plan.to_yaml())

    for name, content in document.items():
        assert name in told
        if isinstance(content, dict) and name not in ("space", "scheduler", "sampler"):
            assert {f"{name}.{inner}" for inner in content} <= told


@pytest.mark.parametrize("key", list(keys()), ids=lambda key: key.name)
def test_a_key_says_its_type_and_what_it_means(key: Key) -> None:
    assert key.kind
    assert len(key.meaning) > 5
    assert key.section or key.default


BOUNDED = [
    (model, prefix, key)
    for model, prefix in ((DataPlan, "data"), (BudgetPlan, "budget"), (ResourcesPlan, "resources"))
    for key in keys()
    if key.name.startswith(f"{prefix}.") and key.range
]


@pytest.mark.parametrize(("model", "prefix", "key"), BOUNDED, ids=lambda one: getattr(one, "name", ""))
def test_the_range_of_a_key_is_the_one_that_is_checked(model: type[BaseModel], prefix: str, key: Key) -> None:
    """The words of the table are read back, and the model itself is asked at the bounds and beyond them."""
    needed = {"name": "digits"} if model is DataPlan else {}
    whole = key.kind.startswith("whole")
    for sign, text in re.findall(r"([≥>≤<]) ([\d,.]+)", key.range):
        bound = float(text.replace(",", ""))
        inside = 1 if sign in "≥>" else -1
        far = 1 if whole or bound > 1 else 1e-6  # GPUs above 1 are whole ones
        for value, right in (
            (bound, sign in "≥≤"),
            (bound - inside * far, False),
            (bound + inside * far, True),
        ):
            said = {**needed, key.name.removeprefix(f"{prefix}."): int(value) if whole else value}
            assert accepts(model, said) is right, (said, key.range)


def accepts(model: type[BaseModel], said: dict[str, Any]) -> bool:
    try:
        model.model_validate(said)
    except ValidationError:
        return False
    return True


def test_the_forms_of_a_parameter_name_every_reserved_word() -> None:
    page = (REFERENCE / "keys.md").read_text(encoding="utf-8")

    assert [word for word in RESERVED if not re.search(rf"\b{word}:", page)] == []


@pytest.mark.parametrize("name", REGISTRIES)
def test_every_part_and_every_setting_of_it_stands_in_the_reference(name: str) -> None:
    page = GENERATED[name]()

    assert len(REGISTRIES[name].names()) > 2
    for entry in own(REGISTRIES[name]):
        assert f"## {entry.name}\n" in page or f"- `{entry.name}`: " in page
        for setting in entry.settings:
            assert re.search(rf"\| `(augmentation\.)?{setting.name}` \|", page)


def own(registry: Registry[Any]) -> list[Entry[Any]]:
    """Return the parts that come with Winnow: other tests of this process may have loaded plugins."""
    return [entry for entry in registry if entry.build.__module__.startswith("search.")]


@pytest.mark.parametrize("setting", vocabulary().settings, ids=lambda setting: setting.name)
def test_every_setting_says_what_it_means(setting: Any) -> None:
    assert setting.doc


@pytest.mark.parametrize("name", ["samplers", "schedulers"])
def test_every_setting_beside_a_sampler_or_a_scheduler_says_what_it_means(name: str) -> None:
    assert [one.name for entry in own(REGISTRIES[name]) for one in entry.settings if not one.doc] == []


def test_each_piece_is_asked_for_by_one_page_and_each_page_asks_for_what_is_there() -> None:
    pages = [*REFERENCE.glob("*.md"), ROOT / "docs" / "api.md"]
    asked = [
        name for page in pages for name in re.findall("<!-- generated: (.*) -->", page.read_text("utf-8"))
    ]

    assert sorted(asked) == sorted(GENERATED)
    with pytest.raises(KeyError, match=r"no 'kees' is generated, expected one of keys, metrics"):
        filled("<!-- generated: kees -->")


def test_each_version_of_a_file_is_the_one_that_the_code_writes() -> None:
    """A raised `FORMAT` that nobody has documented fails here; so does a file of another version number."""
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    told = {
        path: int(version) for version, path in re.findall(r"\| (\d+)[^|]*\| `(search/[\w/]+\.py)` \|", page)
    }

    assert told == dict(versions())


def versions() -> Iterator[tuple[str, int]]:
    """Find each `FORMAT = 2` of the code."""
    for path in sorted((ROOT / "search").rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FORMAT":
                yield path.relative_to(ROOT).as_posix(), ast.literal_eval(node.value)


def test_a_bar_in_a_cell_does_not_end_it_and_empty_columns_are_left_out() -> None:
    said = table(("a", "b", "c"), [("x | y", "", "two\nlines"), ("", "", "z")])

    assert said.splitlines() == ["| a | c |", "| --- | --- |", r"| x \| y | two lines |", "|  | z |"]


def test_an_example_of_a_docstring_is_marked_as_code_and_sections_are_left() -> None:
    lines = [
        "Do it.",
        "",
        "    it.do()",
        "    it.done()",
        "",
        "More.",
        "",
        "Args:",
        "    one: first,",
        "",
        "        x",
    ]

    mark_examples(lines)

    assert lines[:6] == ["Do it.", "", "::", "", "    it.do()", "    it.done()"]
    assert lines[6:] == ["", "More.", "", "Args:", "    one: first,", "", "        x"]


def test_what_is_for_github_alone_is_not_on_the_site() -> None:
    assert filled("# A\n\n<!-- on GitHub -->\n> Look\n> elsewhere.\n\nB\n") == "# A\n\nB\n"


def test_an_address_in_a_docstring_is_a_link_and_literals_are_kept() -> None:
    said = prose("""Of ``torch`` (https://a.org/b.html): one
    line, x.co/y and `z.com/no`.

    More.""")

    assert (
        said
        == "Of `torch` ([a.org/b.html](https://a.org/b.html)): one line, [x.co/y](https://x.co/y) and `z.com/no`."
    )

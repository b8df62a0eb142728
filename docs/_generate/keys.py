"""Every key of a space file but those of its parameters, read off the models of `search.plan`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from docs._generate.markdown import code, table
from search.plan.model import Plan
from search.plan.objectives import ATTRIBUTES
from search.plan.sections import METRICS, PartPlan

_NOUNS: Mapping[Any, str] = {int: "whole number", float: "number", str: "text", bool: "true or false"}
_SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


@dataclass(frozen=True)
class Key:
    """One key: its full name, whether it is a section, what may stand there, in what unit, what it means."""

    name: str
    section: bool
    kind: str
    range: str
    unit: str
    default: str
    meaning: str


def keys(model: type[BaseModel] = Plan, prefix: str = "") -> Iterator[Key]:
    """Return every key of a model, each section's own keys behind it.

    Args:
        model: of a file or of a section.
        prefix: of the section's keys, with its dot.
    """
    for field_name, field in model.model_fields.items():
        name = prefix + _written(model, field_name, field)
        inner = _section(field)
        yield _key(name, field, section=inner is not None)
        if inner is not None:
            yield from keys(inner, f"{name}.")


def key_tables() -> str:
    """Return a table of the file's own keys, and one for each section."""
    every = list(keys())
    top = [key for key in every if "." not in key.name]
    parts = [_table(top)]
    for key in top:
        inside = [one for one in every if one.name.startswith(f"{key.name}.")]
        if inside:
            parts += [f"## `{key.name}`", f"{key.meaning[:1].upper()}{key.meaning[1:]}.", _table(inside)]
    return "\n\n".join(parts)


def metric_table() -> str:
    """Return what an objective may measure."""
    better = {"min": "less", "max": "more"}
    return table(("metric", "better"), ((code(name), better[mode]) for name, mode in METRICS.items()))


def attribute_table() -> str:
    """Return what a constraint, or an objective beside the curve, may be about."""
    rows = ((code(one.name), one.unit or "count", one.doc) for one in ATTRIBUTES.values())
    return table(("attribute", "unit", "meaning"), rows)


def _table(rows: list[Key]) -> str:
    head = ("key", "meaning", "type", "range", "unit", "default")
    return table(head, ((code(k.name), k.meaning, k.kind, k.range, k.unit, k.default) for k in rows))


def _written(model: type[BaseModel], name: str, field: FieldInfo) -> str:
    """Return what a file calls a field; the settings of a part stand beside its name."""
    return "<setting>" if issubclass(model, PartPlan) and name == "settings" else field.alias or name


def _section(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _key(name: str, field: FieldInfo, *, section: bool) -> Key:
    kind = "section" if section else _kind(field)
    default = "" if section else _default(field)
    return Key(
        name, section, kind, _range(field), str(_extra(field).get("unit", "")), default, field.title or ""
    )


def _extra(field: FieldInfo) -> Mapping[str, Any]:
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def _kind(field: FieldInfo) -> str:
    """Return the type in words; of a list, a mapping or what is read by a rule it is what the field's mistakes say."""
    if any(isinstance(one, BeforeValidator) for one in field.metadata):
        return field.description or ""
    options = _options(field.annotation)
    nouns = [_NOUNS.get(option) or _literal(option) for option in options if option is not NoneType]
    if not all(nouns):
        return field.description or ""
    return " or ".join([*filter(None, nouns), *([_absent(field)] if NoneType in options else [])])


def _options(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def _literal(option: Any) -> str:
    return ", ".join(map(code, get_args(option))) if get_origin(option) is Literal else ""


def _absent(field: FieldInfo) -> str:
    """Return the word for None: some fields have one of their own, which their description names last."""
    return code("auto" if (field.description or "").endswith("auto") else None)


def _range(field: FieldInfo) -> str:
    """Return the bounds of a number, or how long a text must be at least."""
    bounds = [
        f"{sign} {_number(getattr(one, law))}"
        for one in field.metadata
        for law, sign in _SIGNS.items()
        if getattr(one, law, None) is not None
    ]
    return ", ".join(bounds)


def _number(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else str(value)


def _default(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True)
    if default is PydanticUndefined:
        return "must be given"
    if default is None:
        return str(_extra(field).get("otherwise", _absent(field)))
    return "none" if default in ((), {}) else code(default)

"""What pydantic finds wrong with the sections of a plan, in our sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from search.plan.document import Node
from search.plan.mistake import Mistake, nearest, shown

Path = tuple[str | int, ...]


def mistakes_of(error: ValidationError, model: type[BaseModel], document: Node) -> list[Mistake]:
    """Return every error of a validation as a mistake with its place.

    Args:
        model: what was validated; the descriptions of its fields say what is expected.
        document: what was read, for the places.
    """
    return [_mistake(cast(dict[str, Any], detail), model, document) for detail in error.errors()]


def _mistake(detail: dict[str, Any], model: type[BaseModel], document: Node) -> Mistake:
    path: Path = tuple(step for step in detail["loc"] if step != "settings")
    place = document.place_of(path)
    found, expected, hint = _words(detail, model)
    key = ".".join(map(str, path))
    return Mistake(file=place.file, line=place.line, key=key, found=found, expected=expected, hint=hint)


def _words(detail: dict[str, Any], model: type[BaseModel]) -> tuple[str, str, str]:
    *above, last = detail["loc"] or ("",)
    if detail["type"] == "extra_forbidden":
        keys = list(_fields(model, above))
        return "an unknown key", f"one of {', '.join(keys)}", nearest(last, keys)
    context: Mapping[str, Any] = detail.get("ctx", {})
    field = _fields(model, above).get(str(last)) or _field_of_item(model, above)
    expected = context.get("expected_words") or (field.description if field else None) or "a mapping"
    found = "nothing" if detail["type"] == "missing" else shown(detail["input"])
    known: Iterable[str] = () if "expected_words" in context else context.get("known", _options(field))
    return found, expected, nearest(detail["input"], known)


def _fields(model: type[BaseModel], path: Iterable[str | int]) -> dict[str, FieldInfo]:
    """Return the fields of the section at a path below a model; none where no section stands there."""
    for step in path:
        field = model.model_fields.get(str(step))
        if field is None or not (
            isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        ):
            return {}
        model = field.annotation
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _field_of_item(model: type[BaseModel], path: list[str | int]) -> FieldInfo | None:
    """Return the field whose list or mapping holds the item at a path."""
    return _fields(model, path[:-1]).get(str(path[-1])) if path else None


def _options(field: FieldInfo | None) -> tuple[str, ...]:
    """Return the words that a field of few words allows, read off its description: `min or max`."""
    words = tuple((field.description or "").split(" or ")) if field else ()
    return words if all(word.isalpha() for word in words) else ()

"""A trial's configuration as a form to edit: one field for each parameter that is active, checked as it is filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from search.plan.domain import Choice, Fixed
from search.plan.mistake import word
from search.plan.parameter import Parameter
from search.plan.scalars import read_scalar, write_scalar
from search.plan.space import Space
from search.plan.trial_config import Value

LONGEST = 100
"""Characters of a number."""


@dataclass(frozen=True)
class Field:
    """A parameter to fill in.

    ``options`` are the values of a choice as text, else empty: a number is written. ``value`` is what stands there;
    empty: it is left to the sampler. ``hint`` says what may stand there, ``mistake`` what is wrong with what does.
    """

    name: str
    value: str
    hint: str
    options: tuple[str, ...] = ()
    mistake: str = ""


@dataclass(frozen=True)
class Draft:
    """What a form says: the fields to show, and the point, without what is left to the sampler.

    ``right``: nothing is wrong with it.
    """

    fields: tuple[Field, ...]
    point: Mapping[str, Value]

    @property
    def right(self) -> bool:
        """Whether no field has a mistake."""
        return not any(field.mistake for field in self.fields)


def texts(space: Space, point: Mapping[str, Value]) -> dict[str, str]:
    """Return a point as the texts of a form; what the space does not search any more is left out."""
    return {name: _text(space[name], value) for name, value in point.items() if name in space}


def draft(space: Space, written: Mapping[str, str]) -> Draft:
    """Read a form.

    Args:
        space: of the search.
        written: the text of each field; one that is missing or empty is left to the sampler.
    """
    known: dict[str, Value] = {}
    point: dict[str, Value] = {}
    active: list[Parameter] = []
    for parameter in space.parameters:
        if not parameter.holds(known):
            continue
        if isinstance(parameter.domain, Fixed):
            known[parameter.name] = parameter.domain.value
            continue
        active.append(parameter)
        text = written.get(parameter.name, "").strip()
        if text:
            known[parameter.name] = point[parameter.name] = _value(parameter, text)
    wrong = {
        mistake.key: f"found {mistake.found}, expected {mistake.expected}"
        for mistake in space.mistakes(point, partial=True)
    }
    return Draft(tuple(_field(one, written, wrong.get(one.name, "")) for one in active), point)


def changed(before: Mapping[str, Value], point: Mapping[str, Value]) -> dict[str, tuple[str, str]]:
    """Return what a draft changes of a point: by name, the text before and after; empty where there is none."""
    names = [name for name in dict.fromkeys([*before, *point]) if name in point or name in before]
    pairs = {
        name: tuple("" if name not in one else word(one[name]) for one in (before, point)) for name in names
    }
    return {name: (old, new) for name, (old, new) in pairs.items() if old != new}


def _field(parameter: Parameter, written: Mapping[str, str], mistake: str) -> Field:
    domain = parameter.domain
    options = tuple(map(word, domain.options)) if isinstance(domain, Choice) else ()
    return Field(parameter.name, written.get(parameter.name, "").strip(), domain.text(), options, mistake)


def _text(parameter: Parameter, value: Value) -> str:
    return word(value) if isinstance(parameter.domain, Choice) else write_scalar(value)


def _value(parameter: Parameter, text: str) -> Value:
    """Return what a text means: one of the choices where it names one, else a scalar as in YAML."""
    if isinstance(parameter.domain, Choice):
        return next((value for value in parameter.domain.options if word(value) == text), text)
    return read_scalar(text) if len(text) <= LONGEST else text

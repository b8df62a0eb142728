"""Whether the words of a plan exist: its settings, ranges, data set, sampler and scheduler.

They are checked in every branch of the space, since what a setting means depends on the choices made before:
the momentum matters only where the optimizer is SGD.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from search.plan.contexts import Choices, contexts, values_of
from search.plan.domain import Choice, Domain, Fixed, Float, Int
from search.plan.mistake import Mistake, nearest, shown, word
from search.plan.model import Plan
from search.plan.parameter import Parameter
from search.plan.sections import PartPlan
from search.plan.space import Space
from search.plan.trial_config import Value
from search.plan.vocabulary import MOST_NAMED, Setting, Vocabulary, listed_names
from search.plan.writer import write_flow


def check_plan(plan: Plan, vocabulary: Vocabulary) -> list[Mistake]:
    """Return what a vocabulary does not allow; the keys are paths into the plan, without places."""
    data = plan.data.name
    mistakes = []
    if vocabulary.datasets and data not in vocabulary.datasets:
        expected = "one of " + ", ".join(vocabulary.datasets)
        hint = nearest(data, vocabulary.datasets)
        mistakes.append(Mistake(key="data.name", found=shown(data), expected=expected, hint=hint))
    mistakes += _check_part("sampler", plan.sampler, vocabulary.samplers)
    mistakes += _check_part("scheduler", plan.scheduler, vocabulary.schedulers)
    return mistakes + check_space(plan.space, vocabulary)


def check_space(space: Space, vocabulary: Vocabulary) -> list[Mistake]:
    """Return what a vocabulary does not allow in a space; the keys start with `space.`."""
    mistakes: dict[Mistake, None] = {}
    for parameter in space.parameters:
        mistakes.update(dict.fromkeys(_check_parameter(parameter, space, vocabulary)))
    return list(mistakes)


def check_alone(parameters: Iterable[Parameter], vocabulary: Vocabulary) -> list[Mistake]:
    """Return what is wrong with parameters whatever their conditions are, of a space with other mistakes."""
    mistakes = []
    for parameter in parameters:
        settings = vocabulary.of(parameter.name)
        if not settings:
            mistakes.append(_unknown(parameter.name, vocabulary))
        found = [list(_check_values(parameter, setting)) for setting in settings]
        places = [{(mistake.key, mistake.found) for mistake in each} for each in found]
        mistakes += [m for m in chain(*found[:1]) if all((m.key, m.found) in each for each in places)]
    return mistakes


def _unknown(name: str, vocabulary: Vocabulary) -> Mistake:
    expected, hint = "one of the recipe's settings", nearest(name, vocabulary.names())
    return Mistake(key=f"space.{name}", found="an unknown key", expected=expected, hint=hint)


def _check_part(kind: str, part: PartPlan, parts: Mapping[str, tuple[Setting, ...]]) -> Iterator[Mistake]:
    if not parts:
        return
    if part.name not in parts:
        expected, hint = "one of " + ", ".join(parts), nearest(part.name, parts)
        yield Mistake(key=f"{kind}.name", found=shown(part.name), expected=expected, hint=hint)
        return
    settings = {setting.name: setting for setting in parts[part.name]}
    for name, value in part.settings.items():
        key = f"{kind}.{name}"
        if name not in settings:
            expected = "one of " + ", ".join(("name", *settings))
            yield Mistake(key=key, found="an unknown key", expected=expected, hint=nearest(name, settings))
        elif wrong := settings[name].mistake(value):
            hint = nearest(value, settings[name].choices)
            yield Mistake(key=key, found=shown(value), expected=wrong, hint=hint)


def _check_parameter(parameter: Parameter, space: Space, vocabulary: Vocabulary) -> Iterator[Mistake]:
    name, settings = parameter.name, vocabulary.of(parameter.name)
    if not settings:
        yield _unknown(name, vocabulary)
        return
    everywhere = _contexts(parameter, settings, space, vocabulary)
    used = [choices for choices in everywhere if any(setting.applies_to(choices) for setting in settings)]
    if everywhere and not used:
        expected = f"it only with {_applies_text(settings)}"
        yield Mistake(key=f"space.{name}", found="a setting that nothing here uses", expected=expected)
    elif len(used) < len(everywhere) and not isinstance(parameter.domain, Fixed):
        yield _too_wide(name, everywhere, used)
    for setting in settings:
        if any(setting.applies_to(choices) for choices in used):
            yield from _check_values(parameter, setting)


def _contexts(
    parameter: Parameter, settings: tuple[Setting, ...], space: Space, vocabulary: Vocabulary
) -> list[Choices]:
    selectors = {selector: None for setting in settings for selector in setting.applies}
    defaults = {selector: vocabulary.of(selector)[0].default for selector in selectors}

    def allowed(selector: str, value: Value) -> bool:
        return any(setting.mistake(value) is None for setting in vocabulary.of(selector))

    return contexts(parameter, space, defaults, allowed)


def _too_wide(name: str, everywhere: list[Choices], used: list[Choices]) -> Mistake:
    useful = {selector: values_of(selector, used) for selector in used[0]}
    when = {s: values for s, values in useful.items() if len(values) < len(values_of(s, everywhere))}
    return Mistake(
        key=f"space.{name}",
        found="a setting that is searched also where nothing uses it",
        expected=f"it only with {_choices_text(when)}",
        hint=f"add `when: {write_flow({s: v[0] if len(v) == 1 else v for s, v in when.items()})}`",
    )


def _applies_text(settings: tuple[Setting, ...]) -> str:
    merged: dict[str, list[Value]] = {}
    for setting in settings:
        for selector, values in setting.applies.items():
            merged.setdefault(selector, []).extend(values)
    many = {
        selector: len(set(values)) for selector, values in merged.items() if len(set(values)) > MOST_NAMED
    }
    named = {
        s: [f"(one of {listed_names(many[s], settings[0].name)})"] if s in many else v
        for s, v in merged.items()
    }
    return _choices_text(named)


def _choices_text(choices: Mapping[str, Sequence[Value]]) -> str:
    return " and ".join(
        f"{selector} {' or '.join(map(word, values))}" for selector, values in choices.items()
    )


def _check_values(parameter: Parameter, setting: Setting) -> Iterator[Mistake]:
    key, domain = f"space.{parameter.name}", parameter.domain
    mismatch = _range_mismatch(domain, setting)
    for suffix, value in _telling_values(domain):
        if wrong := setting.mistake(value):
            hint = setting.nearest(value)
            yield Mistake(key=key + suffix, found=shown(value), expected=wrong, hint=hint)
            mismatch = None
    if mismatch:
        yield replace(mismatch, key=key)


def _telling_values(domain: Domain) -> list[tuple[str, Value]]:
    """Return the values that are right only if all of the domain are, each with its part of the key."""
    if isinstance(domain, Choice):
        return [(f".{index}", value) for index, value in enumerate(domain.options)]
    if isinstance(domain, Fixed):
        return [("", domain.value)]
    return [(".low", domain.low), (".high", domain.high)]


def _range_mismatch(domain: Domain, setting: Setting) -> Mistake | None:
    """A range of whole numbers for a real setting searches only these: 0 and 1 of a dropout."""
    if setting.kind == "float" and isinstance(domain, Int) and domain.step is None:
        found, expected = "a range of whole numbers", "a range of numbers"
        hint = f"write `low: {float(domain.low)}`, or add `step: 1` to keep to whole numbers"
        return Mistake(found=found, expected=expected, hint=hint)
    if setting.kind == "int" and isinstance(domain, Float):
        found, expected = "a range of real numbers", "a range of whole numbers"
        return Mistake(found=found, expected=expected, hint=f"write `low: {round(domain.low)}`")
    return None

"""The words of a space as a person looks them up: by group, each with what it may be, its defaults and its meaning.

A setting that several parts share stands once, with the defaults that each of them gives it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from search.plan.mistake import word
from search.plan.space import Space
from search.plan.trial_config import Value
from search.plan.vocabulary import Setting, Vocabulary

RECIPE = "recipe"
"""The group of the settings that belong to no choice."""

Choices = Mapping[str, Sequence[Value]]
"""Values by selector: those of a setting's `applies`, or those that a space takes."""


@dataclass(frozen=True)
class Default:
    """A value, and with which choices it is the default; with any where there are none."""

    value: Value
    applies: Choices


@dataclass(frozen=True)
class Meaning:
    """What a word stands for, what it may be, and its defaults, each with where it is one."""

    doc: str
    allowed: str
    defaults: tuple[Default, ...]


@dataclass(frozen=True)
class Word:
    """A setting's name with its meanings: most have one, but `dropout` drops other things in other networks."""

    name: str
    meanings: tuple[Meaning, ...]


@dataclass(frozen=True)
class Group:
    """The words beside one choice, the choice first: `architecture`, `optimizer` …"""

    name: str
    words: tuple[Word, ...]


def glossary(words: Vocabulary, *, about: str = "", choices: Choices | None = None) -> tuple[Group, ...]:
    """Return the settings of a vocabulary by group.

    Args:
        words: all settings.
        about: only what this text is part of (a name, a meaning), or what stands beside the choice of that name
            (`resnet18`); everything where it is empty.
        choices: only what matters with these values of selectors; of one that is not named any value does.

    Returns:
        The groups that have words, in the order of the vocabulary.
    """
    heads = _heads(words)
    groups: dict[str, dict[str, list[Setting]]] = {}
    for setting in (each for name in words.names() for each in words.of(name)):
        one = _about(setting, about)
        if one is not None and choices is not None:
            one = _within(one, choices)
        if one is not None:
            groups.setdefault(_group(setting, heads), {}).setdefault(setting.name, []).append(one)
    return tuple(
        Group(group, tuple(Word(name, _meanings(settings, words)) for name, settings in named.items()))
        for group, named in groups.items()
    )


def choices_of(space: Space, words: Vocabulary) -> dict[str, tuple[Value, ...]]:
    """Return the values that each selector takes somewhere in a space; its default where the space does not name it."""
    return {
        selector: tuple(space[selector].domain.values())
        if selector in space
        else tuple(one.default for one in words.of(selector)[:1])
        for selector in sorted(_heads(words))
    }


def names_about(words: Vocabulary, about: str) -> tuple[str, ...]:
    """Return the names under a prefix (`timm/…`) that a text is part of; none for an empty text."""
    spaces = (space for setting in words.settings for space in setting.namespaces)
    return tuple(name for space in spaces for name in space.names if about and about.lower() in name.lower())


def allowed(setting: Setting) -> str:
    """Return what a setting may be, in words."""
    if setting.kind == "choice":
        others = [f"{len(space.names):,} names of {space.pattern}" for space in setting.namespaces]
        return ", ".join([*map(word, setting.choices), *others])
    if setting.kind == "file":
        return f"{word(setting.default)} or the path of a file"
    noun = {"bool": "true or false", "int": "a whole number", "float": "a number"}[setting.kind]
    return f"{noun} {setting.range_text()}".strip()


def default_text(default: Default, group: str, *, most: int | None = None) -> str:
    """Return a default with where it is one: `0.1 with sgd`.

    Args:
        default: of a word.
        group: its name, which need not be said again.
        most: names of a choice; where there are more they are counted. None: all are named.
    """
    beside = " and ".join(_beside(name, values, group, most) for name, values in default.applies.items())
    return f"{_short(default.value)} with {beside}" if beside else _short(default.value)


def _beside(name: str, values: Sequence[Value], group: str, most: int | None) -> str:
    if most is not None and len(values) > most:
        return f"{len(values)} {name}s"
    said = ", ".join(map(word, values))
    return said if name == group and values != (True,) else f"{name} {said}"


def _short(value: Value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else word(value)


def _heads(words: Vocabulary) -> set[str]:
    return {selector for setting in words.settings for selector in setting.applies}


def _group(setting: Setting, heads: set[str]) -> str:
    first = next(iter(setting.applies), None)
    return first or (setting.name if setting.name in heads else RECIPE)


def _about(setting: Setting, about: str) -> Setting | None:
    """Return a setting where a text is about it: with the one choice that the text is, or with those it is part of."""
    text = about.strip().lower()
    for selector in setting.applies:
        if setting.applies_to({**_any(setting), selector: text}):
            return replace(setting, applies={s: v for s, v in setting.applies.items() if s != selector})
    if text in setting.name.lower() or text in setting.doc.lower():
        return setting
    for selector, values in setting.applies.items():
        if some := _containing(text, values):
            return replace(setting, applies={**setting.applies, selector: some})
    some = () if text in setting.choices else _containing(text, setting.choices)
    return replace(setting, choices=some, namespaces=()) if some else None


def _containing(text: str, values: Iterable[Value]) -> tuple[Value, ...]:
    return tuple(value for value in values if isinstance(value, str) and text in value.lower())


def _within(setting: Setting, choices: Choices) -> Setting | None:
    """Return a setting with those of its choices that are taken, None without one; what all take is not said."""
    kept = {
        selector: tuple(
            value
            for value in choices.get(selector, values)
            if setting.applies_to({**_any(setting), selector: value})
        )
        for selector, values in setting.applies.items()
    }
    if not all(kept.values()):
        return None
    some = {s: values for s, values in kept.items() if len(values) != len(choices.get(s, ()))}
    return replace(setting, applies=some)


def _any(setting: Setting) -> dict[str, Value]:
    """Return choices with which a setting matters."""
    return {selector: values[0] for selector, values in setting.applies.items()}


def _meanings(settings: Iterable[Setting], words: Vocabulary) -> tuple[Meaning, ...]:
    found: dict[tuple[str, str], list[Default]] = {}
    for setting in settings:
        told = found.setdefault((setting.doc, allowed(setting)), [])
        told.append(Default(setting.default, setting.applies))
    return tuple(Meaning(doc, may, _usual_first(of, words)) for (doc, may), of in found.items())


def _usual_first(defaults: list[Default], words: Vocabulary) -> tuple[Default, ...]:
    """Return defaults, that of the usual choice first and without its names where nearly every choice has one."""
    for selector in defaults[0].applies:
        head = words.of(selector)[0]
        told = sum(len(one.applies.get(selector, ())) for one in defaults)
        usual = next((one for one in defaults if head.default in one.applies.get(selector, ())), None)
        if usual and told >= len(head.choices) - 1 and len(usual.applies[selector]) > 1:
            alone = {name: kept for name, kept in usual.applies.items() if name != selector}
            return (replace(usual, applies=alone), *(one for one in defaults if one is not usual))
    return tuple(defaults)

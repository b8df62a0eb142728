"""The space section of a YAML file: lists, ranges, fixed values, groups and conditions become parameters.

dropout: {low: 0.0, high: 0.5}                                  a range; of whole numbers where all are whole
batch_size: [64, 128, 256]                                      a choice
weight_decay: 5e-4                                              a fixed value
momentum: {low: 0.8, high: 0.99, when: {optimizer: sgd}}        a condition
layers: {choice: [2, 3], when: {architecture: cnn}}             the same, of a choice
nesterov: {value: true, when: {optimizer: sgd}}                 the same, of a fixed value
augmentation: {crop: {low: 0, high: 4}, flip: [true, false]}    a group: augmentation.crop, augmentation.flip
augmentation: [none, cifar, {preset: mnist, crop: 2}]           a choice between presets and groups (preset.py)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field

from search.plan.document import Node, Place
from search.plan.domain import Choice, Domain, DomainError, Fixed, Float, Int, among, is_value
from search.plan.mistake import Mistake, SpaceError, nearest, shown, word
from search.plan.parameter import Parameter
from search.plan.preset import PRESET, condition, preset_of, settings_of_group
from search.plan.space import Space
from search.plan.trial_config import Value

RANGE = ("low", "high", "log", "step")
RESERVED = (*RANGE, "choice", "value", "when")

_NAME = re.compile(r"[^\W\d][\w-]*(\.[^\W\d][\w-]*)*")


@dataclass(frozen=True)
class Entry:
    """A parameter as it is written: its conditions still with the names and the group they stand in."""

    name: str
    domain: Domain | None
    """None where it has a mistake; the entry still counts, so that conditions on it find their parent."""

    when: tuple[tuple[str, Node], ...]
    """Pairs of the group's prefix (`augmentation.`, or nothing) and the mapping that stands under `when`."""


@dataclass
class SpaceReader:
    """Reads one space section; ``places``, ``mistakes`` and ``parameters`` fill while it does.

    ``parameters`` are those without a mistake of their own. ``places`` has a place for each parameter,
    its bounds, choices and conditions: ``width``, ``width.low``, ``optimizer.1``, ``beta1.when.optimizer``.
    """

    section: Place = field(default_factory=lambda: Place(""))
    places: dict[str, Place] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    parameters: list[Parameter] = field(default_factory=list)

    def read(self, node: Node) -> Space | None:
        """Return the space, or None where there are mistakes."""
        self.section = node.place
        if isinstance(node.content, dict) and node.content:
            self._group(node.content, "", ())
        else:
            self._note(node.place, "", shown(node.plain()), "a mapping from names to what they can be")
        domains = {entry.name: entry.domain for entry in self.entries}
        parameters = [
            Parameter(entry.name, entry.domain or Fixed(None), self._when(entry, domains))
            for entry in self.entries
        ]
        self.parameters = [parameter for parameter in parameters if domains[parameter.name]]
        try:
            space = Space(tuple(parameters))
        except SpaceError as error:
            self.mistakes += [mistake.at(*self.locate(mistake.key)) for mistake in error.mistakes]
            return None
        return None if self.mistakes else space

    def locate(self, key: str) -> tuple[str, int | None, str]:
        """Return file, line and full key of a parameter or of a part of it."""
        known = key
        while known and known not in self.places:
            known = known.rpartition(".")[0]
        place = self.places.get(known, self.section)
        head, _, last = key.rpartition(".")
        return place.file, place.line, f"space.{head if last.isdigit() else key}"

    def _group(self, content: dict[str, Node], prefix: str, when: tuple[tuple[str, Node], ...]) -> None:
        for key, node in content.items():
            name = prefix + key
            if _NAME.fullmatch(key) and not any(part in RESERVED for part in key.split(".")):
                self._entry(name, node, prefix, when)
            else:
                expected = "a name of letters, digits, - and _ that is not one of " + ", ".join(RESERVED)
                self._note(node.place, name, f"the key {shown(key)}", expected)

    def _entry(self, name: str, node: Node, prefix: str, when: tuple[tuple[str, Node], ...]) -> None:
        self.places.setdefault(name, node.place)
        content = node.content
        if isinstance(content, tuple) and any(isinstance(item.content, dict) for item in content):
            self._groups(name, node, content, when)
            return
        if not isinstance(content, dict):
            self.entries.append(Entry(name, self._list_or_value(name, node), when))
            return
        if "when" in content:
            when = (*when, (prefix, content["when"]))
        inside = {key: inner for key, inner in content.items() if key != "when"}
        if any(key in RESERVED for key in inside):
            self.entries.append(Entry(name, self._written_out(name, node, inside), when))
        elif inside:
            if PRESET in inside:
                self._entry(name, inside.pop(PRESET), prefix, when)
            self._group(inside, f"{name}.", when)
        else:
            expected = "a list, a range {low, high}, a value or a group of settings"
            self._note(node.place, name, "an empty mapping", expected)

    def _groups(
        self, name: str, node: Node, items: tuple[Node, ...], when: tuple[tuple[str, Node], ...]
    ) -> None:
        """Read a choice between presets and groups: what stands in a group has its word as a condition."""
        words = Node(tuple(preset_of(item) for item in items), node.place)
        self.entries.append(Entry(name, self._list_or_value(name, words), when))
        for item in items:
            word = preset_of(item).content
            if not isinstance(word, tuple | dict):
                self._group(settings_of_group(item), f"{name}.", (*when, ("", condition(name, word, item))))

    def _list_or_value(self, name: str, node: Node) -> Domain | None:
        items = node.content
        if not isinstance(items, tuple):
            return self._made(name, node.place, lambda: Fixed(_value(node)))
        for index, item in enumerate(items):
            self.places[f"{name}.{index}"] = item.place
            if isinstance(item.content, tuple | dict):
                self._note(item.place, name, shown(item.plain()), "a plain value in a list of choices")
                return None
        return self._made(name, node.place, lambda: Choice([_value(item) for item in items]))

    def _written_out(self, name: str, node: Node, inside: dict[str, Node]) -> Domain | None:
        """Read a mapping with reserved words: a range, `choice:` or `value:`."""
        for key, inner in inside.items():
            self.places[f"{name}.{key}"] = inner.place
        form = next(word for word in ("choice", "value", "range") if word in inside or word == "range")
        allowed = RANGE if form == "range" else (form,)
        strange = [key for key in inside if key not in allowed]
        for key in strange:
            expected = f"one of {', '.join((*allowed, 'when'))}"
            self._note(inside[key].place, f"{name}.{key}", "an unknown key", expected, nearest(key, allowed))
        if strange:
            return None
        if form == "range":
            return self._range(name, node, inside)
        if form == "choice" and not isinstance(inside["choice"].content, tuple):
            self._note(
                inside["choice"].place, f"{name}.choice", shown(inside["choice"].plain()), "a list of values"
            )
            return None
        return self._list_or_value(name, inside[form])

    def _range(self, name: str, node: Node, inside: dict[str, Node]) -> Domain | None:
        missing = [key for key in ("low", "high") if key not in inside]
        for key in missing:
            self._note(node.place, f"{name}.{key}", "nothing", f"the range's {key}est value")
        right = [self._bound(name, key, inner) for key, inner in inside.items()]
        if missing or not all(right):
            return None
        values = {key: inner.content for key, inner in inside.items()}
        log = values.pop("log", False) is True
        numbers = {key: value for key, value in values.items() if isinstance(value, int | float)}
        make = Int if all(isinstance(number, int) for number in numbers.values()) else Float
        return self._made(name, node.place, lambda: make(**numbers, log=log))  # type: ignore[arg-type]

    def _bound(self, name: str, key: str, node: Node) -> bool:
        """Tell whether one key of a range has a value of the right kind; note it where not."""
        value = node.content
        boolean = isinstance(value, bool)
        if boolean if key == "log" else isinstance(value, int | float) and not boolean:
            return True
        expected = "true or false" if key == "log" else "a number"
        self._note(node.place, f"{name}.{key}", shown(node.plain()), expected)
        return False

    def _made(self, name: str, place: Place, make: Callable[[], Domain]) -> Domain | None:
        try:
            return make()
        except DomainError as error:
            self._note(place, name, error.got, error.law.replace(" must ", " to ", 1))
            return None

    def _when(self, entry: Entry, domains: Mapping[str, Domain | None]) -> dict[str, tuple[Value, ...]]:
        """Return a parameter's conditions and its groups', by full name; those on broken parents left out."""
        conditions: dict[str, tuple[Value, ...]] = {}
        for prefix, node in entry.when:
            for written, values in self._conditions(entry.name, node):
                parent = _full_name(written, prefix, domains)
                self.places[f"{entry.name}.when.{parent}"] = values.place
                wanted = self._wanted(f"{entry.name}.when.{parent}", values)
                if wanted is None or domains.get(parent, _UNKNOWN) is None:
                    continue
                both = tuple(value for value in wanted if among(value, conditions.get(parent, wanted)))
                if not both:
                    expected = f"one of {', '.join(map(word, conditions[parent]))}, which the group asks for"
                    self._note(values.place, f"{entry.name}.when.{parent}", shown(wanted[0]), expected)
                conditions[parent] = both or conditions[parent]
        return conditions

    def _conditions(self, name: str, node: Node) -> list[tuple[str, Node]]:
        if isinstance(node.content, dict) and node.content:
            return list(node.content.items())
        expected = "a mapping from other parameters to their values, as in {optimizer: sgd}"
        self._note(node.place, f"{name}.when", shown(node.plain()), expected)
        return []

    def _wanted(self, key: str, node: Node) -> tuple[Value, ...] | None:
        items = node.content if isinstance(node.content, tuple) else (node,)
        for item in items:
            if isinstance(item.content, tuple | dict) or not is_value(item.content):
                self._note(item.place, key, shown(item.plain()), "a value or a list of values")
                return None
        return tuple(_value(item) for item in items)

    def _note(self, place: Place, name: str, found: str, expected: str, hint: str = "") -> None:
        key = f"space.{name}" if name else "space"
        mistake = Mistake(
            file=place.file, line=place.line, key=key, found=found, expected=expected, hint=hint
        )
        if mistake not in self.mistakes:  # a group's condition is read once for each parameter inside
            self.mistakes.append(mistake)


_UNKNOWN = Fixed(None)


def _value(node: Node) -> Value:
    if isinstance(node.content, tuple | dict):
        raise TypeError(f"a plain value is expected, but got {shown(node.plain())}")
    return node.content


def _full_name(written: str, prefix: str, names: Container[str]) -> str:
    """Return the full name: the innermost group that has such a parameter, else as it is written."""
    groups = prefix.split(".")[:-1]
    for depth in range(len(groups), 0, -1):
        name = ".".join([*groups[:depth], written])
        if name in names:
            return name
    return written

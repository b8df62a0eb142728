"""The section `constraints` of a YAML file: sentences about attributes, such as `parameters <= 5e6`."""

from __future__ import annotations

import math
import re

from search.plan.document import Node
from search.plan.mistake import Mistake, nearest, shown
from search.plan.objectives import ATTRIBUTES, RELATIONS, Constraint, number

_SENTENCE = re.compile(r"(?P<attribute>[^<>=≤≥\s]+)\s*(?P<relation>[<>=≤≥]+)\s*(?P<bound>.+)")
_NUMBER = re.compile(r"\+?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WITH_UNIT = re.compile(r"(?P<number>[0-9]+(\.[0-9]+)?)\s*(?P<power>[kKMGBT]?)i?[A-Za-z]*")
_POWERS = {"": "", "k": "e3", "K": "e3", "M": "e6", "G": "e9", "B": "e9", "T": "e12"}
_MEANT = {"<": "<=", "=<": "<=", "≤": "<=", ">": ">=", "=>": ">=", "≥": ">="}


def read_constraints(node: Node | None) -> tuple[tuple[Constraint, ...], list[Mistake]]:
    """Read the constraints.

    Args:
        node: the section, None where the file has none.

    Returns:
        The constraints, and what is wrong with them, together too: no attribute is bounded twice from the same
        side, or from both sides such that nothing lies between.
    """
    if node is None:
        return (), []
    if not isinstance(node.content, tuple):
        expected = "a list of sentences such as [parameters <= 5e6, latency_ms <= 3]"
        return (), [node.mistake("constraints", shown(node.plain()), expected)]
    constraints: list[Constraint] = []
    mistakes: list[Mistake] = []
    for index, item in enumerate(node.content):
        key = f"constraints.{index}"
        constraint, wrong = _read_constraint(item, key)
        mistakes += wrong
        if constraint:
            mistakes += [item.mistake(key, f"`{constraint}`", e) for e in _clashes(constraint, constraints)]
            constraints.append(constraint)
    return tuple(constraints), mistakes


def _read_constraint(node: Node, key: str) -> tuple[Constraint | None, list[Mistake]]:
    match = _SENTENCE.fullmatch(node.content.strip()) if isinstance(node.content, str) else None
    if match is None:
        return None, [node.mistake(key, shown(node.plain()), "a sentence such as parameters <= 5e6")]
    attribute, relation, bound = match["attribute"], match["relation"], match["bound"]
    mistakes = []
    if attribute not in ATTRIBUTES:
        expected = f"one of {', '.join(ATTRIBUTES)}"
        mistakes.append(node.mistake(key, shown(attribute), expected, nearest(attribute, ATTRIBUTES)))
    if relation not in RELATIONS:
        hint = f"did you mean {_MEANT[relation]!r}?" if relation in _MEANT else ""
        mistakes.append(node.mistake(key, shown(relation), f"one of {', '.join(RELATIONS)}", hint))
    value = float(bound) if _NUMBER.fullmatch(bound) else math.nan
    if not 0 < value < math.inf:
        mistakes.append(
            node.mistake(key, shown(bound), "a number above 0, such as 5e6", _without_unit(bound))
        )
    if mistakes:
        return None, mistakes
    return Constraint(attribute, "<=" if relation == "<=" else ">=", value), []


def _without_unit(bound: str) -> str:
    """Return a hint at what a number with a unit says without it: `5M` is `5e6`, `3 ms` is `3`."""
    match = _WITH_UNIT.fullmatch(bound)
    if match is None or float(match["number"]) == 0:
        return ""
    return f"did you mean '{match['number']}{_POWERS[match['power']]}'?"


def _clashes(new: Constraint, others: list[Constraint]) -> list[str]:
    """Return what is expected of a constraint instead, where one before it leaves it no room."""
    expected = []
    for other in others:
        if other.attribute != new.attribute:
            continue
        if other.relation == new.relation:
            expected.append(f"one bound on that side, since `{other}` stands too")
        elif new.violation(other.bound) > 0:
            side = "at most" if other.relation == "<=" else "at least"
            expected.append(f"a bound of {side} {number(other.bound)}, since `{other}` stands too")
    return expected

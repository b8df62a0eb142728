"""The section `objectives` of a YAML file: the curve, then attributes that are known before the first epoch.

objectives: [val/accuracy, parameters]                                 less of an attribute is better
objectives: [{metric: val/loss}, {attribute: latency_ms, mode: min}]   the same, written out
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from search.plan.document import Node
from search.plan.mistake import Mistake, nearest, shown
from search.plan.objectives import ATTRIBUTES, Goal

_EXPECTED = "a list of a metric and of attributes, such as [val/accuracy, parameters]"
_KEYS = ("attribute", "mode")


def read_objectives(content: Mapping[str, Node]) -> tuple[dict[str, Node], tuple[Goal, ...], list[Mistake]]:
    """Read the objectives.

    Args:
        content: the sections of a file.

    Returns:
        The sections without `objectives`, in which `objective` says what the first of them says; the others;
        what is wrong with them. What is wrong with the first is left to who reads `objective`.
    """
    sections = dict(content)
    node = sections.pop("objectives", None)
    if node is None:
        return sections, (), []
    if not isinstance(node.content, tuple) or not node.content:
        found = "an empty list" if node.content == () else shown(node.plain())
        return sections, (), [node.mistake("objectives", found, _EXPECTED)]
    mistakes = []
    if "objective" in sections:
        expected = "one of the two; the first of `objectives` is the curve"
        mistakes.append(node.mistake("objectives", "`objectives` beside `objective`", expected))
    goals, wrong = _read_goals(node.content[1:])
    return {"objective": node.content[0], **sections}, goals, mistakes + wrong


def _read_goals(items: Iterable[Node]) -> tuple[tuple[Goal, ...], list[Mistake]]:
    goals: list[Goal] = []
    mistakes: list[Mistake] = []
    for index, item in enumerate(items, start=1):
        goal, wrong = _read_goal(item, f"objectives.{index}")
        if goal and goal.attribute in (known.attribute for known in goals):
            found = f"{goal.attribute!r} a second time"
            mistakes.append(item.mistake(f"objectives.{index}", found, "each objective once"))
        elif goal:
            goals.append(goal)
        mistakes += wrong
    return tuple(goals), mistakes


def _read_goal(node: Node, key: str) -> tuple[Goal | None, list[Mistake]]:
    entries = node.content if isinstance(node.content, dict) else {"attribute": node}
    mistakes = [
        inner.mistake(f"{key}.{name}", "an unknown key", f"one of {', '.join(_KEYS)}", nearest(name, _KEYS))
        for name, inner in entries.items()
        if name not in _KEYS
    ]
    attribute = entries.get("attribute", node).content
    if not isinstance(attribute, str) or attribute not in ATTRIBUTES:
        found = shown(entries["attribute"].plain()) if "attribute" in entries else "nothing"
        expected = f"one of {', '.join(ATTRIBUTES)}, since only the first objective is a curve"
        place = entries.get("attribute", node)
        mistakes.append(place.mistake(f"{key}.attribute", found, expected, nearest(attribute, ATTRIBUTES)))
    mode = entries["mode"].content if "mode" in entries else "min"
    if mode not in ("min", "max"):
        found, hint = shown(entries["mode"].plain()), nearest(mode, ("min", "max"))
        mistakes.append(entries["mode"].mistake(f"{key}.mode", found, "min or max", hint))
    return None if mistakes else Goal(str(attribute), maximize=mode == "max"), mistakes

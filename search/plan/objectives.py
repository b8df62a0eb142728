"""What a trial is known by before its first epoch: attributes, constraints on them, objectives beside the curve.

The curve is a plan's first objective, and the only one that early stopping acts on; these are known from the
start, so a constraint rejects a configuration before it costs anything.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Relation = Literal["<=", ">="]
RELATIONS: tuple[str, ...] = get_args(Relation)


@dataclass(frozen=True)
class Attribute:
    """A figure of a configuration: its unit (empty: a count) and what it means. Less of it is better."""

    name: str
    unit: str
    doc: str


_ALL = (
    Attribute("parameters", "", "trainable weights of the network, exact"),
    Attribute("flops", "", "of one image's forward pass; a multiplication and an addition are two"),
    Attribute("memory", "B", "what training holds at the trial's batch size, estimated"),
    Attribute("latency_ms", "ms", "one image's forward pass on the training device, measured"),
)

ATTRIBUTES: Mapping[str, Attribute] = {attribute.name: attribute for attribute in _ALL}
"""All that a constraint or an objective beside the curve can be about, by name."""


def attribute_text(value: float) -> str:
    """Return an attribute's value as a person reads it: 7,012,938 and 3.25."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"


@dataclass(frozen=True)
class Constraint:
    """A bound on an attribute, which itself is within it.

    ``attribute`` is a name of `ATTRIBUTES`, or in a simulation any other that is measured there. ``bound`` is
    finite and above 0, in the attribute's unit.

    Raises:
        ValueError: the relation or the bound is none.
    """

    attribute: str
    relation: Relation
    bound: float

    def __post_init__(self) -> None:
        if self.relation not in RELATIONS:
            raise ValueError(f"one of {', '.join(RELATIONS)} is expected, but got relation={self.relation!r}")
        if not 0 < self.bound < math.inf:
            raise ValueError(f"a finite bound above 0 is expected, but got bound={self.bound!r}")

    def violation(self, value: float) -> float:
        """Return by how much a value is beyond the bound, as a share of the bound.

        Args:
            value: of the attribute, in its unit. NaN is a figure that could not be measured, and violates
                nothing: such a trial ends by itself, with the reason.

        Returns:
            Above 0 where the constraint is violated, else 0 or below: how far it is from that.
        """
        if math.isnan(value):
            return 0.0
        excess = (value - self.bound) / self.bound
        return excess if self.relation == "<=" else -excess

    def __str__(self) -> str:
        return f"{self.attribute} {self.relation} {number(self.bound)}"


@dataclass(frozen=True)
class Goal:
    """An objective beside the curve: an attribute, and whether more of it is better."""

    attribute: str
    maximize: bool = False

    @property
    def mode(self) -> Literal["min", "max"]:
        """The word for it in a plan."""
        return "max" if self.maximize else "min"


def number(value: float) -> str:
    """Return a number as a person writes it, and as it reads again: `5000000`, not `5000000.0`."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)

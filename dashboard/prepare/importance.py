"""What matters most, for a page: shares as columns, and the two parameters that a contour begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboard.prepare.table import Table
from search.runs.importance import ped_anova
from search.runs.run import Run


@dataclass(frozen=True)
class Shares:
    """How much each parameter matters, the most important first, and on what it rests.

    ``errors`` are standard errors where the method tells them. ``epoch`` and ``trials``: values of that epoch, of so
    many trials.
    """

    shares: Mapping[str, float]
    epoch: int
    trials: int
    note: str = ""
    errors: Mapping[str, float] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(share > 0 for share in self.shares.values())


def at_once(run: Run, epoch: int) -> Shares | None:
    """Return the importance by PED-ANOVA; None where too few trials have a value at the epoch."""
    found = ped_anova(run, epoch)
    return None if found is None else Shares(found.shares, found.epoch, found.trials, found.note)


def told(line: Mapping[str, Any] | None) -> Shares | None:
    """Return the importance of a line that the verb has told; None without one."""
    if line is None:
        return None
    return Shares(line["shares"], line["epoch"], line["trials"], line["note"], line["errors"])


def ordered(table: Table, found: Shares | None) -> list[str]:
    """Return all parameters, the most important first; those of unknown importance in the order of the space."""
    names = [parameter.name for parameter in table.parameters]
    shares = found.shares if found else {}
    return sorted(names, key=lambda name: (-shares.get(name, 0.0), names.index(name)))

"""Which nodes of a cluster eat trials: from how the stints on each node ended, as the study says it.

A node is bad when the last stints that began on it, of several trials, all crashed before the end of an epoch, while
another node works. All of it follows from the records, so that a resumed search and a reader of the run come to the
same nodes as the driver.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from search.runs.record import Stint, TrialRecord

CRASHED_STINTS = 3
"""A node is bad after that many crashed stints in a row: as many as a trial may have."""

CRASHED_TRIALS = 2
"""They are of that many trials at least: one trial that crashes everywhere is itself to blame."""

REMEMBERED = 16
"""Stints of a node that are remembered, more than any rule here looks at."""


@dataclass(frozen=True)
class Visit:
    """One stint on a node that says something of it: it came to the end of an epoch, or crashed before."""

    trial: int
    attempt: int
    start: float
    worked: bool
    reason: str = ""


@dataclass(frozen=True)
class BadNode:
    """A node that is avoided: its id, its host's name, the trials that crashed on it in a row, and why."""

    node: str
    host: str
    trials: tuple[int, ...]
    reason: str

    def sentence(self) -> str:
        """Return this for a person."""
        those = ", ".join(map(str, self.trials))
        name = self.host or self.node
        return f"the node {name} is avoided: trials {those} crashed there without an epoch: {self.reason}"


class Nodes:
    """What is known of the nodes; follows the records as they change."""

    def __init__(self) -> None:
        self._visits: dict[str, list[Visit]] = {}
        self._hosts: dict[str, str] = {}
        self._bad: dict[str, BadNode] | None = {}

    def follow(self, known: TrialRecord) -> None:
        """Take note of a trial's stints, as they stand now."""
        for stint in known.stints:
            visit = _visit(known, stint) if stint.node else None
            if visit is not None and visit not in self._visits.get(stint.node, ()):
                self._hosts[stint.node] = stint.host
                others = [v for v in self._visits.get(stint.node, ()) if not _same(v, visit)]
                self._visits[stint.node] = sorted([*others, visit], key=_order)[-REMEMBERED:]
                self._bad = None

    @property
    def bad(self) -> Mapping[str, BadNode]:
        """The bad nodes by their ids; none while no other node works."""
        if self._bad is None:
            self._bad = self._accuse()
        return self._bad

    def to_avoid(
        self, last: Stint | None, *, worked: bool, leaving: Collection[str] = (), alive: Collection[str] = ()
    ) -> tuple[str, ...]:
        """Return the nodes where a trial's next stint must not run; never all of them.

        Args:
            last: the trial's last stint, None for a new trial.
            worked: whether that one came to the end of an epoch.
            leaving: nodes that will soon be gone.
            alive: every node where the stint could run now, an empty id for one that may be added; nothing: unknown,
                and those that a stint was on count.

        Returns:
            Ids, sorted. Where bad nodes, leaving ones and the one where this trial has just crashed are all that there
            is, the last is given up first, then the bad ones, then the leaving ones.
        """
        here = frozenset(
            {last.node} if last and last.node and last.ending == "crashed" and not worked else ()
        )
        gone, bad = frozenset(leaving), frozenset(self.bad)
        there = frozenset(alive) or frozenset(self._visits)
        for avoided in (gone | bad | here, gone | bad, gone):
            if there - avoided:
                return tuple(sorted(avoided & there))
        return ()

    def _accuse(self) -> dict[str, BadNode]:
        suspects = {node: _suspect(visits) for node, visits in self._visits.items()}
        if not any(self._visits[node][-1].worked for node, crashes in suspects.items() if not crashes):
            return {}
        return {
            node: BadNode(
                node,
                self._hosts[node],
                tuple(dict.fromkeys(visit.trial for visit in crashes)),
                crashes[-1].reason,
            )
            for node, crashes in suspects.items()
            if crashes
        }


def bad_nodes(records: Iterable[TrialRecord]) -> Sequence[BadNode]:
    """Return the bad nodes of a search, by what its records say."""
    nodes = Nodes()
    for known in records:
        nodes.follow(known)
    return list(nodes.bad.values())


def _visit(known: TrialRecord, stint: Stint) -> Visit | None:
    """Return what a stint says of its node; None where it says nothing: it is under way, or was only cut short."""
    worked = came_to_an_epoch(known, stint.attempt)
    if not worked and stint.ending != "crashed":
        return None
    return Visit(known.number, stint.attempt, stint.start, worked, stint.reason)


def came_to_an_epoch(known: TrialRecord, attempt: int) -> bool:
    """Tell whether an attempt of a trial has reported an epoch."""
    return any(report.attempt == attempt for report in known.reports.values())


def _suspect(visits: Sequence[Visit]) -> list[Visit]:
    """Return the crashes in a row at the end of a node's visits, where they are enough to accuse it; else none."""
    crashes: list[Visit] = []
    for visit in reversed(visits):
        if visit.worked:
            break
        crashes.insert(0, visit)
    enough = len(crashes) >= CRASHED_STINTS and len({visit.trial for visit in crashes}) >= CRASHED_TRIALS
    return crashes if enough else []


def _same(one: Visit, other: Visit) -> bool:
    return (one.trial, one.attempt) == (other.trial, other.attempt)


def _order(visit: Visit) -> tuple[float, int, int]:
    return visit.start, visit.trial, visit.attempt

"""How many stints fit on nodes at once: pure arithmetic, in the parts in which Ray itself counts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

UNIT = 10_000
"""Ray counts a resource in so many parts of one (`kResourceUnitScaling`, Ray 2.60)."""


@dataclass(frozen=True)
class Need:
    """What one stint needs of a node.

    ``gpus`` is 0, a share of one GPU, or whole GPUs; ``memory`` is of the node, in bytes (0: it is not counted);
    ``avoid`` are the ids of nodes where it must not run.
    """

    cpus: float
    gpus: float = 0.0
    memory: int = 0
    avoid: tuple[str, ...] = ()


@dataclass(frozen=True)
class Node:
    """What Ray may use of one machine; memory in bytes.

    ``id`` is Ray's, empty for a machine that the autoscaler may still start; ``kind`` its name in cluster.yaml.
    """

    cpus: float
    gpus: float = 0.0
    memory: int = 0
    id: str = ""
    kind: str = ""

    def share(self, need: Need) -> float:
        """Return how much of this node a stint holds: of its GPUs where it has any, else of its CPUs; at most 1."""
        part = need.gpus / self.gpus if self.gpus else need.cpus / self.cpus if self.cpus else 0.0
        return min(part, 1.0)


@dataclass(frozen=True)
class Offer:
    """What there is: living nodes, nodes that the autoscaler may add, living searches (this one included).

    ``unknown``: node types of which nobody knows yet what they have, so that nothing can be ruled out.
    """

    nodes: tuple[Node, ...]
    growth: tuple[Node, ...] = ()
    searches: int = 1
    unknown: bool = False


def places(nodes: Collection[Node], need: Need, *, beside: Sequence[Need] = ()) -> int:
    """Return how many stints fit on nodes at once; a stint never lies on two nodes, a share never on two GPUs.

    Args:
        nodes: all empty.
        need: of any number of stints.
        beside: needs of other stints that get their places first; those that find one count, too.
    """
    free = [_Free(node) for node in nodes]
    largest_first = sorted(beside, key=lambda one: (-one.gpus, -one.cpus))
    placed = sum(any(node.take(one) for node in free) for one in largest_first)
    return placed + sum(node.room(need) for node in free)


class _Free:
    """What is left of a node while stints are laid on it."""

    def __init__(self, node: Node) -> None:
        self._id = node.id
        self._cpus = round(node.cpus * UNIT)
        self._memory = node.memory
        self._gpus = [UNIT] * int(node.gpus)

    def room(self, need: Need) -> int:
        """Return how many stints of one need fit beside what lies here."""
        if self._id and self._id in need.avoid:
            return 0
        counts = [self._cpus // round(need.cpus * UNIT)] if need.cpus else []
        if need.memory:
            counts.append(self._memory // need.memory)
        if need.gpus:
            counts.append(self._gpu_room(need.gpus))
        return min(counts, default=0)

    def take(self, need: Need) -> bool:
        """Lay one stint here, if it fits."""
        if self.room(need) < 1:
            return False
        self._cpus -= round(need.cpus * UNIT)
        self._memory -= need.memory
        if need.gpus >= 1:
            for index in self._whole()[: int(need.gpus)]:
                self._gpus[index] = 0
        elif need.gpus:
            share = round(need.gpus * UNIT)
            # Where the least is left, as Ray does: whole GPUs stay whole.
            index = min((i for i, left in enumerate(self._gpus) if left >= share), key=self._gpus.__getitem__)
            self._gpus[index] -= share
        return True

    def _gpu_room(self, gpus: float) -> int:
        if gpus >= 1:
            return len(self._whole()) // int(gpus)
        share = round(gpus * UNIT)
        return sum(left // share for left in self._gpus)

    def _whole(self) -> list[int]:
        return [index for index, left in enumerate(self._gpus) if left == UNIT]

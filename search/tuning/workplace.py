"""Where a search runs: what each of its stints asks for there, and how many of them at once. Knows no Ray."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from search.plan.trial_config import Value
from search.runs.record import Stint, TrialRecord
from search.tuning.capacity import Need, Node, Offer, places
from search.tuning.packing import Packing

PATIENCE = 30.0
"""Seconds that a large need waits before smaller ones are held back for it: an epoch or two, and the time in which an
autoscaler has asked for a node."""


@dataclass(frozen=True)
class Packed:
    """How trials share GPUs: CPU cores that belong to each GPU, and the smallest share that is handed out."""

    cpus: float
    least: float


class Workplace:
    """What a driver knows of its machines, and what its stints that run or wait for a place there have asked for.

    Args:
        offer: returns what there is now.
        usual: what a stint asks for, before anything is measured.
        concurrency: the most stints at once; None: as many as fit.
        packed: how trials share GPUs; None: all ask for ``usual``.
        cpus: asked for by the plan; None: each trial gets those of its share of a GPU.
        clock: monotonic, in seconds.
    """

    def __init__(
        self,
        offer: Callable[[], Offer],
        usual: Need,
        *,
        concurrency: int | None = None,
        packed: Packed | None = None,
        cpus: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.usual = usual
        self._offer = offer
        self._concurrency = concurrency
        self._packed = packed
        self._cpus = cpus
        self._clock = clock
        self._packing = Packing(least=packed.least) if packed else None
        self._live: dict[int, Need] = {}
        self._waiting: dict[int, float] = {}

    @classmethod
    def fixed(cls, workers: int) -> Workplace:
        """Return one where so many stints run at once, with a CPU core each."""
        return cls(lambda: Offer((Node(workers),)), Need(1.0))

    @property
    def waiting(self) -> int:
        """How many stints wait for a worker that can hold them."""
        return len(self._waiting)

    def remember(self, records: Iterable[TrialRecord]) -> None:
        """Learn from the record what a search that goes on has measured before."""
        if self._packed:
            self._packing = Packing(records, least=self._packed.least)

    def learn(self, point: Mapping[str, Value], stint: Stint) -> None:
        """Take note of what a stint took of its GPU."""
        if self._packing:
            self._packing.learn(point, stint)

    def need(self, number: int, point: Mapping[str, Value], stints: Sequence[Stint] = ()) -> Need:
        """Return what a trial's new stint asks for, and remember it until the stint has `left`.

        Args:
            number: of the trial.
            point: of the trial.
            stints: that it has had.
        """
        asked = self._on(self._packing.share(point, stints)) if self._packing else self.usual
        self._live[number] = asked
        return asked

    def waits(self, number: int) -> None:
        """A stint waits for a worker from now on, until it has `begun`."""
        self._waiting[number] = self._clock()

    def begun(self, number: int) -> None:
        """A stint has a worker."""
        self._waiting.pop(number, None)

    def left(self, number: int) -> None:
        """A stint is over."""
        self._waiting.pop(number, None)
        self._live.pop(number, None)

    def share(self, number: int) -> float:
        """Return how much of the GPUs a stint that has not left asked for; 0 where there is none."""
        return self._live[number].gpus if number in self._live else 0.0

    def nodes(self) -> list[str]:
        """Return the ids of the nodes that can run anything now; an empty one stands for those that may be added."""
        offer = self._offer()
        new = [""] if offer.growth or offer.unknown else []
        return [node.id for node in offer.nodes if node.id and node.cpus] + new

    def held(self, number: int, node: str) -> dict[str, Any]:
        """Return what a stint holds of the node where it has begun, as fields of its record.

        Args:
            number: of the trial.
            node: Ray's id of the node.
        """
        need = self._live.get(number, self.usual)
        # A Ray that was started for this search alone is one node, which has no id before.
        found = next((one for one in self._offer().nodes if one.id in (node, "")), None)
        if found is None:
            return {"gpus": need.gpus}
        return {"gpus": need.gpus, "node_type": found.kind, "share": found.share(need)}

    def gpu_limit(self, need: Need) -> int | None:
        """Return the most bytes that a stint may take of its GPU; None: its share of whichever it gets."""
        return self._packing.limit(need.gpus) if self._packing else None

    def elsewhere(self, need: Need, avoid: Collection[str]) -> Need:
        """Return a need that keeps a stint away from some nodes, or as it was where no other node could hold it.

        Args:
            need: of the stint.
            avoid: ids of nodes.
        """
        if not avoid:
            return need  # on 1,000 nodes a fifth of a suggestion's time was to see that it fits somewhere
        offer = self._offer()
        kept_away = replace(need, avoid=tuple(sorted(avoid)))
        can_run = offer.unknown or places([*offer.nodes, *offer.growth], kept_away)
        return kept_away if can_run else need

    def workers(self) -> int:
        """Return how many stints this search may have at once: its part of what there is and of what may be added.

        Each of the searches that live gets the same part, rounded up so that nothing lies idle, and at least 1.
        """
        offer = self._offer()
        usual = self._on(self._packing.usual()) if self._packing else self.usual
        others = [need for need in self._live.values() if need != usual]
        in_all = places([*offer.nodes, *offer.growth], usual, beside=others)
        part = max(1, math.ceil(in_all / offer.searches))
        return min(part, self._concurrency or part)

    def held_back(self) -> bool:
        """Tell whether nothing new may begin: a large stint would else wait while small ones take each place."""
        now = self._clock()
        waiting = [number for number, since in self._waiting.items() if now - since > PATIENCE]
        least = min((need.gpus for need in self._live.values()), default=0.0) if waiting else 0.0
        return any(least < self._live[number].gpus for number in waiting)

    def _on(self, share: float) -> Need:
        """Return a need for a share of a GPU, with its part of the CPU cores."""
        assert self._packed is not None
        cpus = self._cpus or max(1, math.floor(self._packed.cpus * share))
        return replace(self.usual, gpus=share, cpus=cpus)

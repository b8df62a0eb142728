"""One rung of one bracket: who stands there, in the orders in which a scheduler asks for them."""

from __future__ import annotations

from bisect import bisect_left, insort

from search.runs.pareto import dominates
from search.tuning.schedulers import Others, Standing

Vector = tuple[float, ...]
Key = tuple[float, int]
"""Sorts the best first: the score turned around, then the trial's number."""


class Rung:
    """Sorted as they arrive, so that a report costs the same at ten trials and at ten thousand.

    ``ranked`` are all who stand here, best first; ``front`` are those that nobody here dominates.
    """

    def __init__(self) -> None:
        self.ranked: list[Key] = []
        self.front: dict[int, Vector] = {}
        self._standings: dict[int, Standing] = {}
        self._scores: list[float] = []
        self._means: list[float] = []

    def __contains__(self, number: object) -> bool:
        return number in self._standings

    def __len__(self) -> int:
        return len(self._standings)

    def key(self, number: int) -> Key:
        """Return where a trial that stands here sorts among the ranked."""
        return -self._standings[number].score, number

    def add(self, number: int, standing: Standing, vector: Vector) -> None:
        """Let a trial stand here; the first time counts.

        Args:
            number: of the trial.
            standing: how.
            vector: all objectives, larger is better.
        """
        if number in self._standings:
            return
        self._standings[number] = standing
        insort(self.ranked, self.key(number))
        insort(self._scores, standing.score)
        insort(self._means, standing.mean)
        self._add_to_front(number, vector)

    def others(self, number: int) -> Others:
        """Return how all but this trial stand here; to be read before the next one is added."""
        mine = self._standings.get(number)
        if mine is None:
            return Others(self._scores, self._means)
        return Others(_without(self._scores, mine.score), _without(self._means, mine.mean))

    def _add_to_front(self, number: int, vector: Vector) -> None:
        if any(dominates(there, vector) for there in self.front.values()):
            return
        self.front = {n: there for n, there in self.front.items() if not dominates(vector, there)}
        self.front[number] = vector


def _without(values: list[float], one: float) -> list[float]:
    at = bisect_left(values, one)
    return values[:at] + values[at + 1 :]

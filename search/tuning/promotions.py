"""Trials that pause at a rung: which of them goes on next, and who has lost.

The highest rung comes first, then the lowest bracket (Li et al. 2020, Algorithm 2, for each of its brackets).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass

from search.runs.record import TrialRecord
from search.tuning.ladder import Ladder
from search.tuning.rung import Key, Rung


@dataclass(frozen=True)
class Loser:
    """A trial that will not go on: at which rung, and among how many best of how many it is not."""

    number: int
    rung: int
    places: int
    standing: int


class Promotions:
    """Who pauses where.

    Args:
        ladder: all rungs.
    """

    def __init__(self, ladder: Ladder) -> None:
        self._ladder = ladder
        self._paused: dict[tuple[int, int], list[Key]] = {}
        self._at: dict[int, int] = {}

    def follow(self, known: TrialRecord) -> None:
        """Take note of how a trial stands now."""
        rung = known.paused_at if self._ladder.scheduler.pauses else None
        if rung is None:
            self._leave(known.number)
        elif known.number not in self._at:
            self._pause(known.number, rung)

    def next(self, *, over: bool) -> int | None:
        """Return the paused trial that goes on next.

        Args:
            over: no new trial will begin.
        """
        for rung, bracket in sorted(self._paused, key=lambda at: (-at[0], at[1])):
            number = self._best(bracket, rung, over=over)
            if number is not None:
                return number
        return None

    def goes_on(self, number: int, rung: int, *, over: bool) -> bool:
        """Tell whether a trial that has just arrived at a rung is the very one that `next` would return.

        Args:
            number: of the trial; it stands at the rung.
            rung: the epoch.
            over: no new trial will begin.
        """
        self._pause(number, rung)
        chosen = self.next(over=over)
        self._leave(number)
        return chosen == number

    def losers(self, *, over: bool, settled: bool) -> list[Loser]:
        """Return whoever will not go on, whatever comes.

        Args:
            over: no new trial will begin.
            settled: nor will any other trial come to a rung, and `next` has nobody.
        """
        found = []
        for (rung, bracket), paused in self._paused.items():
            if settled or self._lost(bracket, rung, over=over):
                here, places = self._ladder.rung(bracket, rung), self._ladder.places(bracket, rung)
                found += [Loser(number, rung, places, len(here)) for _, number in paused]
        return sorted(found, key=lambda loser: loser.number)

    def _lost(self, bracket: int, rung: int, *, over: bool) -> bool:
        """Tell whether a rung is closed, and all who may go on from it have."""
        return self._ladder.closed(bracket, rung, over=over) and self._best(bracket, rung, over=over) is None

    def _best(self, bracket: int, rung: int, *, over: bool) -> int | None:
        """Return the best paused trial at a rung for which there is a place, else the best of the Pareto front."""
        ladder, paused = self._ladder, self._paused[rung, bracket]
        if ladder.scheduler.capacity(bracket) is not None and not ladder.closed(bracket, rung, over=over):
            return None
        here = ladder.rung(bracket, rung)
        if bisect_left(here.ranked, paused[0]) < ladder.places(bracket, rung):
            return paused[0][1]
        return self._best_of_front(here, rung) if ladder.goals else None

    def _best_of_front(self, here: Rung, rung: int) -> int | None:
        front = [here.key(number) for number in here.front if self._at.get(number) == rung]
        return min(front)[1] if front else None

    def _pause(self, number: int, rung: int) -> None:
        bracket = self._ladder.bracket(number)
        insort(self._paused.setdefault((rung, bracket), []), self._ladder.rung(bracket, rung).key(number))
        self._at[number] = rung

    def _leave(self, number: int) -> None:
        rung = self._at.pop(number, None)
        if rung is None:
            return
        bracket = self._ladder.bracket(number)
        paused = self._paused[rung, bracket]
        del paused[bisect_left(paused, self._ladder.rung(bracket, rung).key(number))]
        if not paused:
            del self._paused[rung, bracket]

"""The weights of a run, bounded: what its checkpoints take, which go when that is too much, whether more may come.

The weights of losers are deleted when they have lost (`search.runs.keeper`). Here those of completed trials go, the
worst first and never the best; who runs or may go on keeps its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from search.runs.layout import RunLayout
from search.runs.ranking import Scoring, rank
from search.runs.record import TrialRecord

AT_ONCE = 3
"""Checkpoints that a running trial may have: its worker keeps the last two, and leaves one where an epoch is cut."""


class Weights:
    """How many bytes the checkpoints of each trial take.

    Args:
        layout: of the run.
        limit: bytes that all together may take; None: no limit, and nothing is counted.
    """

    def __init__(self, layout: RunLayout, limit: int | None) -> None:
        self._layout = layout
        self._limit = limit
        self._bytes: dict[int, int] = {}
        self._largest = 0

    @property
    def limited(self) -> bool:
        """Whether there is a limit."""
        return self._limit is not None

    @property
    def used(self) -> int:
        """Bytes that all checkpoints take, as last counted."""
        return sum(self._bytes.values())

    def count(self, numbers: Iterable[int]) -> None:
        """Count the checkpoints of some trials."""
        if self._limit is None:
            return
        for number in numbers:
            sizes = [_size(path) for path in _checkpoints(self._layout, number)]
            self._bytes[number] = sum(sizes)
            if not self._bytes[number]:
                del self._bytes[number]
            self._largest = max([self._largest, *sizes])

    def keep_within(self, records: Sequence[TrialRecord], scoring: Scoring) -> list[int]:
        """Delete what may be deleted as long as the weights take too much.

        Args:
            records: all trials by number.
            scoring: of the objective.

        Returns:
            The trials whose weights went.
        """
        gone: list[int] = []
        if self._limit is None or self.used <= self._limit:
            return gone
        for number in self._deletable(records, scoring):
            for path in _checkpoints(self._layout, number):
                path.unlink(missing_ok=True)
            self._bytes.pop(number, None)
            gone.append(number)
            if self.used <= self._limit:
                break
        return gone

    def why_full(self, records: Sequence[TrialRecord], running: Iterable[int], scoring: Scoring) -> str:
        """Return why no new trial may begin now, in words; empty: one may.

        While nobody runs one always may: what it needs would never become free.

        Args:
            records: all trials by number.
            running: their numbers.
            scoring: of the objective.
        """
        under_way = set(running)
        if self._limit is None or not under_way:
            return ""
        each = AT_ONCE * self._largest
        coming = sum(max(each - self._bytes.get(number, 0), 0) for number in under_way)
        over = self.used + coming + each - self._limit
        if over <= 0 or over <= sum(self._bytes[number] for number in self._deletable(records, scoring)):
            return ""
        return (
            f"new trials wait: the checkpoints take {self.used / 1e9:.3g} of {self._limit / 1e9:.3g} GB "
            "(budget.checkpoints_gb), and all of them are needed"
        )

    def _deletable(self, records: Sequence[TrialRecord], scoring: Scoring) -> list[int]:
        """Return the completed trials with weights that are not the best, the worst first."""
        completed = [records[number] for number in self._bytes if records[number].status == "completed"]
        if not completed:
            return []
        best = rank((known for known in records if known.status == "completed"), scoring)[:1]
        ranked = [known.number for known in reversed(rank(completed, scoring))]
        unranked = [known.number for known in completed if known.number not in ranked]
        return [number for number in [*unranked, *ranked] if number != (best[0].number if best else None)]


def _checkpoints(layout: RunLayout, number: int) -> list[Path]:
    return [path for attempt in layout.trial(number).attempts() for path in attempt.weights()]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # its worker has written the next one
        return 0

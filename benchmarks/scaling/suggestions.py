"""What suggestions cost as a study grows."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

AROUND = 0.1
"""A figure at n trials is the median of the suggestions made at n less so large a share of it, to n."""


@dataclass
class Suggestions:
    """Seconds of each suggestion, in the order in which they were made."""

    seconds: list[float] = field(default_factory=list)

    def add(self, seconds: float, *, trials: int) -> None:
        """Take the cost of the suggestion that was made when there were so many trials."""
        if trials != len(self.seconds):
            raise ValueError(
                f"suggestion {len(self.seconds)} is expected next, but got that of trial {trials}"
            )
        self.seconds.append(seconds)

    def at(self, trials: int) -> float | None:
        """Return the median cost at a number of trials; None where the search did not get there."""
        near = self.seconds[max(0, round(trials * (1 - AROUND))) : trials]
        return statistics.median(near) if len(self.seconds) >= trials and near else None

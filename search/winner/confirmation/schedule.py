"""What a confirmation trains: each candidate with fresh seeds, the weakest dropped after each phase, then the winner.

All follows from the schedule and from what was trained so far, so a confirmation that was cut off goes on as it would
have, and a larger one reuses what a smaller one trained.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from search.runs.record import TrialRecord
from search.winner.confirmation.rejects import cost

FORMAT = 1

CHOICE, TEST = "choice", "test"
STREAM = {CHOICE: 1, TEST: 2}
"""Seeds for the choice and seeds for the figure that is reported never meet."""


@dataclass(frozen=True)
class PlannedTraining:
    """One training: of which candidate (a trial of the search), with which seed, before the choice or after it.

    ``epochs`` is the length of its schedule: on another one it would be another training.
    """

    candidate: int
    seed: int
    part: str
    epochs: int

    @property
    def name(self) -> str:
        """What it is called in the study: equal where the training is the same."""
        return f"{self.part}-{self.candidate}-{self.seed}-{self.epochs}"

    @classmethod
    def named(cls, name: str) -> PlannedTraining | None:
        """Return the training of a name; None where it is no such name."""
        part, *numbers = name.split("-")
        if part not in STREAM or len(numbers) != 3 or not all(number.isdecimal() for number in numbers):
            return None
        return cls(int(numbers[0]), int(numbers[1]), part, int(numbers[2]))


def training_of(known: TrialRecord) -> PlannedTraining | None:
    """Return which training a trial of the confirmation's study is; None where it is another's."""
    return None if known.request is None else PlannedTraining.named(known.request)


Scores = Mapping[PlannedTraining, float | None]
"""By training: its score, None where it failed."""


@dataclass(frozen=True)
class Schedule:
    """The candidates (trials of the search, best first), how often each phase trains its own, the final trainings.

    ``epochs`` is the length of each training, ``seed`` that of the search; ``maximize``: higher scores are better.
    """

    candidates: tuple[int, ...]
    phases: tuple[int, ...]
    tests: int
    epochs: int
    seed: int
    maximize: bool = True

    @property
    def trainings(self) -> int:
        """How many trainings there are in all."""
        return cost(self.phases) + self.tests

    def to_json(self) -> dict[str, Any]:
        """Return this as a document, for who watches the trainings from outside."""
        return {"format": FORMAT, **asdict(self), "trainings": self.trainings}

    def seeds(self, part: str, count: int) -> list[int]:
        """Return the first seeds of a part: the same for every candidate, and none is the search's own."""
        drawn = np.random.SeedSequence([self.seed, STREAM[part]]).generate_state(count + 1) % 2**31
        return [int(seed) for seed in drawn if seed != self.seed][:count]

    def due(self, scores: Scores) -> list[PlannedTraining]:
        """Return what is to be trained next, together; nothing when all is done."""
        alive, _, left = self._after(scores)
        if left:
            return left
        wanted = [PlannedTraining(alive[0], seed, TEST, self.epochs) for seed in self.seeds(TEST, self.tests)]
        return [training for training in wanted if training not in scores]

    def winner(self, scores: Scores) -> int | None:
        """Return the candidate that is chosen; None as long as the choice is open."""
        alive, _, left = self._after(scores)
        return None if left else alive[0]

    def dropped(self, scores: Scores) -> list[int]:
        """Return the candidates that have left, in that order."""
        return self._after(scores)[1]

    def _after(self, scores: Scores) -> tuple[list[int], list[int], list[PlannedTraining]]:
        """Return who is left, who has gone, and what the phase that is not over still trains."""
        alive, gone = list(self.candidates), list[int]()
        for length in self.phases:
            seeds = self.seeds(CHOICE, length)
            wanted = [
                PlannedTraining(candidate, seed, CHOICE, self.epochs) for seed in seeds for candidate in alive
            ]
            left = [training for training in wanted if training not in scores]
            if left:
                return alive, gone, left
            weakest = min(alive, key=lambda candidate: self._strength(candidate, wanted, scores))
            alive.remove(weakest)
            gone.append(weakest)
        return alive, gone, []

    def _strength(
        self, candidate: int, wanted: Iterable[PlannedTraining], scores: Scores
    ) -> tuple[int, float, int]:
        """Return what is least for the candidate that leaves: who failed more often, then the lower mean."""
        own = [scores[training] for training in wanted if training.candidate == candidate]
        known = [score if self.maximize else -score for score in own if score is not None]
        mean = sum(known) / len(known) if known else -np.inf
        return -own.count(None), mean, -self.candidates.index(candidate)

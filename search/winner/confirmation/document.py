"""What a confirmation found: RUN/winner/confirmation.json."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from search.winner.confirmation.estimate import Difference, Estimate

FORMAT = 1


class ConfirmationError(ValueError):
    """A file is no confirmation, or a damaged one; the message says where and why."""


@dataclass(frozen=True)
class Candidate:
    """One of the search's best trials after its new trainings.

    ``search_score`` is what the search saw, ``score`` the mean of the objective over the new trainings that
    succeeded, None where none did; ``validation`` is their accuracy, ``chance`` that its expected objective is the
    best of all candidates. ``phase`` is the one after which it was dropped, from 1; None for the winner. ``behind`` is
    by how much the winner's accuracy is above its own, None where too few seeds were trained to tell. ``parameters``
    are those of the model, ``flops`` the multiplications with an addition for an image, ``seconds`` what the search
    took for an epoch.
    """

    trial: int
    search_score: float
    trainings: int
    failed: int
    score: float | None
    validation: Estimate | None
    chance: float
    phase: int | None
    behind: Difference | None
    parameters: int
    flops: int
    seconds: float

    @property
    def not_worse(self) -> bool:
        """Whether these images and seeds do not tell it from the winner."""
        return self.behind is not None and self.behind.low <= 0


@dataclass(frozen=True)
class Confirmation:
    """The winner of a search, and how good it is.

    ``metric`` is the objective, ``epochs`` the length of each training. ``test`` is the accuracy on the test images of
    models with seeds that took no part in the choice, None where the data set has no test split; ``validation`` the
    same models' on the validation images; ``search_score`` is the objective that the search saw of this trial,
    ``confirmed_score`` its mean over the same models, ``optimism`` by how much the first was too good: positive where
    new seeds do worse. ``looked`` are all trainings whose models have seen the test images, by trial: where that is
    another trial than the winner, the test images took part in somebody's choice.
    """

    run: str
    metric: str
    epochs: int
    winner: int
    candidates: tuple[Candidate, ...]
    test: Estimate | None
    validation: Estimate
    search_score: float
    confirmed_score: float
    optimism: float
    looked: dict[str, int]

    def candidate(self, trial: int) -> Candidate:
        """Return a candidate by the number of its trial."""
        return next(one for one in self.candidates if one.trial == trial)

    @property
    def runner_up(self) -> Candidate | None:
        """The one that was dropped last."""
        dropped = [one for one in self.candidates if one.phase is not None]
        return max(dropped, key=lambda one: one.phase or 0, default=None)

    def cheaper(self) -> list[Candidate]:
        """Return the candidates that are not significantly worse and clearly cheaper, smallest first.

        Clearly: by a tenth of the parameters or of the multiplications. Seconds depend on who shared the machine.
        """
        best = self.candidate(self.winner)
        found = [
            one
            for one in self.candidates
            if one.not_worse and (one.parameters <= 0.9 * best.parameters or one.flops <= 0.9 * best.flops)
        ]
        return sorted(found, key=lambda one: (one.parameters, one.flops))

    def to_json(self) -> dict[str, Any]:
        """Return this as a document."""
        return {"format": FORMAT, **asdict(self)}


def read_confirmation(path: Path) -> Confirmation:
    """Read what `Confirmation.to_json` wrote.

    Raises:
        ConfirmationError: it is missing, damaged, or of another format.
    """
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        if document.pop("format") != FORMAT:
            raise ConfirmationError(f"{path}: a confirmation of format {FORMAT} is expected")
        candidates = tuple(_candidate(one) for one in document.pop("candidates"))
        test, validation = (_estimate(document.pop(part)) for part in ("test", "validation"))
        assert validation is not None
        return Confirmation(candidates=candidates, test=test, validation=validation, **document)
    except ConfirmationError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, AssertionError) as error:
        raise ConfirmationError(f"{path} is no confirmation: {error}") from error


def _candidate(document: dict[str, Any]) -> Candidate:
    validation, behind = document.pop("validation"), document.pop("behind")
    return Candidate(
        validation=_estimate(validation),
        behind=None if behind is None else Difference(**behind),
        **document,
    )


def _estimate(document: dict[str, Any] | None) -> Estimate | None:
    return None if document is None else Estimate(**document)

"""From what the trainings of a confirmation left on disk to what it found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

import numpy as np

from search.runs.classification import predicted
from search.runs.predictions import read_predictions
from search.runs.run import Run, Trial
from search.training.cost import figures
from search.training.data import Data
from search.winner.confirmation.chance import chances, chances_by_score
from search.winner.confirmation.document import Candidate, Confirmation
from search.winner.confirmation.estimate import Correct, difference, estimate
from search.winner.confirmation.policy import scores
from search.winner.confirmation.schedule import CHOICE, TEST, PlannedTraining, Schedule, Scores, training_of

ACCURACY = "val/accuracy"


class NothingLearned(ValueError):  # noqa: N818 (says what is the case)
    """The trainings of a confirmation say nothing of its winner; the message says why."""


class TrainedCandidate(NamedTuple):
    """A training of the confirmation that has ended, with what it left."""

    training: PlannedTraining
    trial: Trial


def evidence(
    run: Run, confirming: Run, schedule: Schedule, data: Data, *, tested: bool
) -> Confirmation | None:
    """Return what a confirmation found; None as long as trainings are left.

    Args:
        run: the search.
        confirming: its confirmation's trainings.
        schedule: what was to be trained.
        data: the images.
        tested: the data set has a test split, which the winner's last models have seen.

    Raises:
        PredictionsError: a training's predictions are missing or damaged.
    """
    ended = [
        TrainedCandidate(one, trial) for trial in confirming.trials if (one := training_of(trial.record))
    ]
    told = scores([one.trial.record for one in ended], run.scoring)
    winner = schedule.winner(told)
    if winner is None or schedule.due(told):
        return None
    # On a schedule of another length these were other trainings, though they have looked at the test images.
    own = [one for one in ended if one.training.epochs == schedule.epochs]
    final = [one for one in own if _is(one, winner, TEST)]
    if not final:
        raise NothingLearned(f"{run.name}: every training of trial {winner} with a fresh seed failed")
    chosen = {number: _choice(own, number) for number in schedule.candidates}
    likewise = [correct for number, correct in chosen.items() if number == winner and correct is not None]
    view = _View(run, schedule, told, chosen, _correct(final), data)
    candidates = tuple(_candidate(view, number, chance) for number, chance in _chances(view).items())
    searched, confirmed = run.trial(winner).score, fmean(_scores(told, winner, TEST))
    assert searched is not None
    return Confirmation(
        run=run.name,
        metric=run.plan.objective.metric,
        epochs=schedule.epochs,
        winner=winner,
        candidates=candidates,
        test=estimate(_correct(final, test=True), likewise=likewise) if tested else None,
        validation=estimate(view.final, likewise=likewise),
        search_score=searched,
        confirmed_score=confirmed,
        optimism=searched - confirmed if schedule.maximize else confirmed - searched,
        looked=_looked(ended),
    )


def _is(one: TrainedCandidate, candidate: int, part: str) -> bool:
    """Tell whether this is a training of a candidate that has something to say."""
    training = one.training
    return training.candidate == candidate and training.part == part and one.trial.status == "completed"


def _scores(told: Scores, candidate: int, part: str) -> list[float]:
    return [
        score
        for one, score in told.items()
        if one.candidate == candidate and one.part == part and score is not None
    ]


def _choice(ended: Sequence[TrainedCandidate], candidate: int) -> Correct | None:
    """Return the right answers of a candidate's trainings before the choice; None where all failed."""
    done = [one for one in ended if _is(one, candidate, CHOICE)]
    return _correct(done) if done else None


def _correct(ended: Sequence[TrainedCandidate], *, test: bool = False) -> Correct:
    """Return whether each model (S, …) is right about each image (…, N)."""
    layouts = [one.trial.layout for one in ended]
    said = [read_predictions(layout.test if test else layout.validation) for layout in layouts]
    return np.stack([predicted(one) == one.labels for one in said])


class _View(NamedTuple):
    """What all candidates are seen against.

    ``chosen`` are the right answers of each one's models before the choice, None where all failed; ``final`` those of
    the winner's last models.
    """

    run: Run
    schedule: Schedule
    told: Scores
    chosen: Mapping[int, Correct | None]
    final: Correct
    data: Data

    @property
    def able(self) -> dict[int, Correct]:
        """Of the candidates that have something to say."""
        return {number: correct for number, correct in self.chosen.items() if correct is not None}


def _chances(view: _View) -> dict[int, float]:
    """Return each candidate's chance to have the best expected objective; one whose trainings all failed has none."""
    able = view.able
    if len(view.chosen) == 1:  # nothing was to be chosen, and nothing was trained for that
        return dict.fromkeys(view.chosen, 1.0)
    if view.run.plan.objective.metric == ACCURACY:
        found = chances(list(able.values()))
    else:
        own = [_scores(view.told, number, CHOICE) for number in able]
        found = chances_by_score(own, maximize=view.schedule.maximize)
    by_number = dict(zip(able, found, strict=True))
    return {number: by_number.get(number, 0.0) for number in view.chosen}


def _candidate(view: _View, number: int, chance: float) -> Candidate:
    trial, dropped, correct = view.run.trial(number), view.schedule.dropped(view.told), view.chosen[number]
    own = [one for one in view.told if one.candidate == number and one.part == CHOICE]
    known = _scores(view.told, number, CHOICE)
    others = [one for other, one in view.able.items() if other != number]
    assert trial.config is not None, "`scheduled` has looked"
    assert trial.score is not None, "it has completed"
    costs = figures(trial.config, view.data.shape, len(view.data.classes), ("parameters", "flops"))
    lost = number in dropped
    return Candidate(
        trial=number,
        search_score=trial.score,
        trainings=len(own),
        failed=len(own) - len(known),
        score=fmean(known) if known else None,
        validation=None if correct is None else estimate(correct, likewise=others),
        chance=chance,
        phase=dropped.index(number) + 1 if lost else None,
        behind=difference(view.final, correct, likewise=others) if lost and correct is not None else None,
        parameters=costs["parameters"],
        flops=costs["flops"],
        seconds=trial.seconds / max(trial.epochs, 1),
    )


def _looked(ended: Sequence[TrainedCandidate]) -> dict[str, int]:
    """Return how many models of each trial have seen the test images."""
    looks = [one.training.candidate for one in ended if one.trial.layout.test.is_file()]
    return {str(number): count for number, count in sorted(Counter(looks).items())}

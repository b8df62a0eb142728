"""A trial of a run as a classifier, and its validation images as questions: for who looks at a search's mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from search.runs.run import Run
from search.training.data import Data
from search.training.parts import Parts
from search.winner.answers import Question
from search.winner.candidate import CannotExport, choice, load
from search.winner.classifier import Classifier


class NoSuchImage(ValueError):  # noqa: N818 (says what is the case)
    """A validation image was asked for that is not there; the message says how many there are."""


@dataclass(frozen=True, eq=False)
class TrialClassifier:
    """A trial's model in evaluation mode, the images that it was trained and validated on, and why it is this trial."""

    classifier: Classifier
    data: Data
    trial: int
    why: str


def classifier_of(run: Run, number: int | None = None) -> TrialClassifier:
    """Build a trial's model with the weights that were kept of it.

    Args:
        run: where it was trained.
        number: of the trial; None: the winner of the confirmation, where there was one, else the best of the search.

    Raises:
        CannotExport: its weights or predictions were not kept, or it has not ended; the message says which were.
        CheckpointError, DataError, PlanError: weights, images or plugins cannot be read.
    """
    chosen = choice(run, number)
    trained = load(run, chosen.trial)
    data, member = trained.data, trained.members[0]
    model = Parts.of(member.config.settings).model(data.shape, len(data.classes))
    try:
        model.load_state_dict(member.weights)
    except RuntimeError as error:  # a plugin's model is another one by now
        raise CannotExport(
            f"{run.name}: the weights of trial {member.trial.number} do not fit its model as it is now: "
            f"{' '.join(str(error).split())[:500]}"
        ) from error
    classifier = Classifier(model, classes=data.classes, shape=data.shape, mean=data.mean, std=data.std)
    return TrialClassifier(classifier.eval(), data, chosen.trial.number, chosen.why)


def validation_questions(data: Data, places: Sequence[int]) -> list[Question]:
    """Return validation images with their true classes.

    Args:
        data: of `classifier_of`.
        places: in the validation split, from 0, as validation.npz and the dashboard count them.

    Raises:
        NoSuchImage: there is none at that place.
    """
    split = data.validation
    if wrong := [place for place in places if not 0 <= place < len(split)]:
        raise NoSuchImage(
            f"the validation images are numbered 0 to {len(split) - 1}, but {wrong[0]} was asked for"
        )
    rows = [int(split.indices[place]) for place in places]
    return [
        Question(f"validation image {place}", split.images[row].copy(), data.classes[split.labels[row]])
        for place, row in zip(places, rows, strict=True)
    ]

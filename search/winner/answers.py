"""A model's answers about images, one after the other: labels with probabilities, and pictures that explain them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from search.training.data.image_file import Picture, UnreadableImage
from search.training.data.source import Images
from search.winner.classifier import Classifier, Prediction
from search.winner.explain.picture import explanation_picture
from search.winner.pictures.canvas import file_name, write_picture

AT_ONCE = 32
"""Images that go through the model together: a folder is answered quickly, and the first answer does not wait long."""


@dataclass(frozen=True)
class Question:
    """An image to classify: what it is called, where it is, and, where that is known, its true class."""

    name: str
    picture: Picture
    true: str | None = None


@dataclass(frozen=True)
class Answer:
    """What a model says of an image: the likeliest classes with their probabilities, the likeliest first.

    ``pictures`` are the files that explain the first of them, by method.
    """

    image: str
    predictions: tuple[tuple[str, float], ...]
    pictures: dict[str, Path] = field(default_factory=dict)
    true: str | None = None


@dataclass(frozen=True)
class Unreadable:
    """An image that could not be decoded, and why."""

    image: str
    reason: str


@dataclass(frozen=True)
class Explaining:
    """Which explanations are drawn, by `search.winner.explanations.METHODS`, and the folder that they go to."""

    methods: Sequence[str] = ()
    folder: Path = Path("explanations")

    def path(self, number: int, name: str, method: str) -> Path:
        """Return where a picture goes: always in the folder, whatever the image is called.

        Args:
            number: of the image, from 1.
            name: of the image.
            method: of the explanation.
        """
        return self.folder / file_name(number, name, method)


def answers(
    classifier: Classifier,
    questions: Iterable[Question],
    *,
    top: int = 3,
    explaining: Explaining | None = None,
) -> Iterator[Answer | Unreadable]:
    """Yield an answer for each question, in their order.

    Args:
        classifier: of `search.load`.
        questions: the images.
        top: classes of an answer, at most.
        explaining: what is drawn; None for nothing.

    Raises:
        OSError: a picture cannot be written.
        ValueError: the model has no feature map, or no method has that name.
    """
    explaining = explaining or Explaining()
    left, done = iter(questions), 0
    while batch := list(islice(left, AT_ONCE)):
        decoded = [_decoded(classifier, question) for question in batch]
        predicted = iter(
            classifier.predict([pixels for pixels in decoded if not isinstance(pixels, Unreadable)])
        )
        for number, (question, pixels) in enumerate(zip(batch, decoded, strict=True), start=done + 1):
            if isinstance(pixels, Unreadable):
                yield pixels
            else:
                said = next(predicted)
                paths = {name: explaining.path(number, question.name, name) for name in explaining.methods}
                _draw(classifier, pixels, said, paths)
                yield Answer(question.name, tuple(said.top(top)), paths, question.true)
        done += len(batch)


def _decoded(classifier: Classifier, question: Question) -> Images | Unreadable:
    try:
        return classifier.pixels(question.picture)
    except UnreadableImage as error:
        return Unreadable(question.name, str(error))


def _draw(classifier: Classifier, pixels: Images, said: Prediction, paths: Mapping[str, Path]) -> None:
    """Draw and write the explanations of the likeliest class, by method."""
    target = said.probabilities.index(said.probability)
    for method, path in paths.items():
        write_picture(explanation_picture(classifier, pixels, target, method), path)

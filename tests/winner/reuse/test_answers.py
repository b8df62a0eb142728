"""Answers about images, one after the other: those that can be read, and those that cannot, in their order."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from search.winner.answers import Answer, Explaining, Question, Unreadable, answers
from search.winner.classifier import Classifier
from search.winner.explanations import METHODS
from tests.hostile_images import readable, unreadable


def test_every_question_is_answered_in_its_place(classifier: Classifier) -> None:
    good, bad = list(readable().items()), list(unreadable().items())
    questions = [Question(name, content) for name, (content, _) in good] * 6
    for place, (name, content) in enumerate(bad):
        questions.insert(5 * place, Question(name, content))
    found = list(answers(classifier, questions, top=2))
    names = [one.image for one in found]
    assert names == [question.name for question in questions]
    assert [one.image for one in found if isinstance(one, Unreadable)] == [name for name, _ in bad]
    for question, one in zip(questions, found, strict=True):
        if isinstance(one, Answer):
            (said,) = classifier.predict([question.picture])
            assert [label for label, _ in one.predictions] == [label for label, _ in said.top(2)]
            assert [p for _, p in one.predictions] == pytest.approx([p for _, p in said.top(2)], abs=1e-5)


def test_answers_come_one_after_the_other_however_long_the_list(classifier: Classifier) -> None:
    image = readable()["plain"][0]
    found = answers(classifier, (Question(str(number), image) for number in iter(int, 1)))
    assert next(found).image == "0"


def test_pictures_stay_in_their_folder_whatever_the_images_are_called(
    classifier: Classifier, tmp_path: Path
) -> None:
    folder = tmp_path / "inner" / "out"
    name = "../../../escaped/\x00 image.png"
    questions = [Question(name, readable()["plain"][0])] * 2
    found = list(answers(classifier, questions, explaining=Explaining(tuple(METHODS), folder)))
    paths = [path for one in found if isinstance(one, Answer) for path in one.pictures.values()]
    assert len(set(paths)) == 2 * len(METHODS)
    assert sorted(paths) == sorted(folder.iterdir())
    assert [path.name for path in tmp_path.iterdir()] == ["inner"]
    for path in paths:
        with Image.open(path) as picture:
            assert picture.format == "PNG"

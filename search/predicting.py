"""What `search.predict` does with its arguments, and how its answers are told: in 80 columns, as JSON."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from search.console import one_line, print_json
from search.opening import run_of
from search.training.errors import TrainingError
from search.verb import DONE, FAILED, UserError
from search.winner.answers import Answer, Explaining, Question, Unreadable, answers
from search.winner.bundle import BundleError
from search.winner.candidate import CannotExport
from search.winner.classifier import Classifier, load
from search.winner.explain.feature_map import NoFeatureMap
from search.winner.images_given import STDIN, TooManyImages, images_given
from search.winner.of_trial import NoSuchImage, classifier_of, validation_questions

NAME, LABEL = 34, 26
"""Columns of the table: with the probability and the mark of the true class 79 in all."""


def predict_images(arguments: argparse.Namespace) -> int:
    """Classify the images that the arguments name, and print each answer; return the exit code.

    Raises:
        UserError: the model or an image is not there, or damaged; or the model has no map for an explanation.
    """
    methods = [] if arguments.explain is None else list(dict.fromkeys(arguments.explain)) or ["gradcam"]
    unreadable = 0
    try:
        classifier, questions = _of_bundle(arguments) if arguments.trial is None else _of_trial(arguments)
        with warnings.catch_warnings():
            # Of odd metadata; what matters is an unreadable image.
            warnings.filterwarnings("ignore", module="PIL")
            explaining = Explaining(methods, arguments.out)
            for one in answers(classifier, questions, top=arguments.top, explaining=explaining):
                unreadable += isinstance(one, Unreadable)
                _tell(one, json=arguments.json)
    except NoFeatureMap as error:
        raise UserError(f"--explain: {error}") from error
    except (BundleError, CannotExport, NoSuchImage, TooManyImages, TrainingError) as error:
        raise UserError(str(error)) from error
    return FAILED if unreadable else DONE


def _of_bundle(arguments: argparse.Namespace) -> tuple[Classifier, list[Question]]:
    found = load(arguments.source, temperature=arguments.temperature, plugins=arguments.plugins)
    return found, _named(arguments.images)


def _of_trial(arguments: argparse.Namespace) -> tuple[Classifier, list[Question]]:
    found = run_of(arguments.source, arguments.storage)
    known = classifier_of(found, None if arguments.trial == "best" else arguments.trial)
    known.classifier.temperature = arguments.temperature
    if arguments.trial == "best":
        _say(f"trial {known.trial}: {known.why}", json=arguments.json)
    questions = [*_named(arguments.images), *validation_questions(known.data, arguments.validation)]
    return known.classifier, questions


def _named(words: Sequence[str]) -> list[Question]:
    lines = map(os.fsdecode, sys.stdin.buffer) if STDIN in words else ()  # such names need not be UTF-8
    return [Question(str(path), path) for path in images_given(words, lines)]


def _say(text: str, *, json: bool) -> None:
    if json:
        print_json(event="message", text=text)
    else:
        print(text)


def _tell(one: Answer | Unreadable, *, json: bool) -> None:
    """Print an answer."""
    if json:
        print_json(**_document(one))
    elif isinstance(one, Unreadable):
        print(f"{one_line(one.image)}: {one.reason}", file=sys.stderr)
    else:
        _print_rows(one)


def _document(one: Answer | Unreadable) -> dict[str, Any]:
    """Return an answer for machines."""
    if isinstance(one, Unreadable):
        return {"event": "unreadable", "image": one.image, "reason": one.reason}
    said = {
        "event": "prediction",
        "image": one.image,
        "predictions": [{"label": label, "probability": share} for label, share in one.predictions],
        "pictures": {method: str(path) for method, path in one.pictures.items()},
    }
    return said if one.true is None else {**said, "true": one.true}


def _print_rows(one: Answer) -> None:
    names = [one_line(one.image), *[""] * (len(one.predictions) - 1)]
    for name, (label, share) in zip(names, one.predictions, strict=True):
        true = " ← true" if label == one.true else ""
        print(f"{_cut(name, NAME):{NAME}}  {_cut(one_line(label), LABEL):{LABEL}} {share:8.2%}{true}")
    if one.true is not None and one.true not in dict(one.predictions):
        print(f"{'':{NAME}}  true: {one_line(one.true)}")
    for method, path in one.pictures.items():
        print(f"  {method}: {path}")


def _cut(text: str, width: int) -> str:
    """Return the end of a text that is too wide: of a path it says most."""
    return text if len(text) <= width else "…" + text[1 - width :]

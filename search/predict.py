"""`python -m search.predict`: classify images with an exported model, and show why it says what it says."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search.console import one_line, print_json
from search.on_disk import how_here
from search.plan.place import in_bucket, place
from search.verb import (
    DONE,
    FAILED,
    UserError,
    Verb,
    add_json,
    add_plugins,
    add_temperature,
    main_of,
    positive,
)
from search.winner.explanations import METHODS

if TYPE_CHECKING:  # torch is behind it: seconds that --help should not take
    from search.winner.answers import Answer, Question, Unreadable
    from search.winner.classifier import Classifier

EXAMPLE = """\
example:
  python -m search.predict runs/mnist/winner/trial-7 seven.png photos/
  python -m search.predict model seven.png --explain gradcam occlusion --out why
  find . -name '*.jpg' | python -m search.predict model - --json
  python -m search.predict runs/mnist --trial 7 --validation 12 40 --explain
"""

NAME, LABEL = 34, 26
"""Columns of the table: with the probability and the mark of the true class 79 in all."""

BEST = -1
"""The number of the best trial, whichever that is."""


def parser() -> argparse.ArgumentParser:
    """Return the arguments of this verb."""
    explained = "\n".join(f"  {name:21} {shows}" for name, shows in METHODS.items())
    made = argparse.ArgumentParser(
        prog="python -m search.predict",
        description="Classify images with an exported model: labels with probabilities. An image that\ncannot be read "
        "is named, the others are answered, and the exit code is then 1.",
        epilog=f"explanations (METHOD):\n{explained}\n\n{EXAMPLE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "source",
        type=place,
        metavar="BUNDLE",
        help="the folder of an exported model; with --trial, of a run",
    )
    made.add_argument(
        "images", nargs="*", metavar="IMAGE", help="a file; a folder of images; - for names on standard input"
    )
    made.add_argument("--top", metavar="K", type=positive, default=3, help="the K likeliest classes (3)")
    made.add_argument(
        "--explain",
        nargs="*",
        metavar="METHOD",
        choices=tuple(METHODS),
        help="draw why, for the likeliest class (gradcam)",
    )
    made.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        default=Path("explanations"),
        help="where the pictures go (explanations)",
    )
    add_temperature(made)
    made.add_argument(
        "--trial",
        type=trial,
        metavar="best|N",
        help="a trial of the run BUNDLE, not exported, with its kept weights",
    )
    made.add_argument(
        "--validation",
        nargs="+",
        type=int,
        metavar="I",
        default=[],
        help="with --trial: validation images by their places, from 0",
    )
    made.add_argument(
        "--storage",
        metavar="URL",
        help="with --trial: the Optuna storage of the run's study, with the password",
    )
    add_plugins(made)
    add_json(made)
    return made


def trial(text: str) -> int:
    """Read the number of a trial; `BEST` for `best`."""
    if text == "best":
        return BEST
    if not text.isascii() or not text.isdecimal():
        raise argparse.ArgumentTypeError(f"`best` or the number of a trial is expected, but got {text!r}")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    if in_bucket(str(arguments.source)):
        raise UserError(how_here(arguments.source, *(() if arguments.trial is None else ("--weights",))))
    if not arguments.images and not arguments.validation:
        raise UserError("no image was named; a file, a folder or - is expected behind the bundle")
    if arguments.validation and arguments.trial is None:
        raise UserError("--validation: the images are those of a run's trial; add --trial N")
    # Late: torch is behind them.
    from search.training.errors import TooLarge  # noqa: PLC0415
    from search.winner.answers import Explaining, Unreadable, answers  # noqa: PLC0415
    from search.winner.explain.feature_map import NoFeatureMap  # noqa: PLC0415

    methods = [] if arguments.explain is None else list(dict.fromkeys(arguments.explain)) or ["gradcam"]
    classifier, questions = _asked(arguments)
    explaining = Explaining(methods, arguments.out)
    unreadable = 0
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", module="PIL"
        )  # of odd metadata; what matters is an unreadable image
        try:
            for one in answers(classifier, questions, top=arguments.top, explaining=explaining):
                unreadable += isinstance(one, Unreadable)
                _tell(one, json=arguments.json)
        except NoFeatureMap as error:
            raise UserError(f"--explain: {error}") from error
        except TooLarge as error:
            raise UserError(str(error)) from error
    return FAILED if unreadable else DONE


def _asked(arguments: argparse.Namespace) -> tuple[Classifier, list[Question]]:
    """Return the model, and the images to classify.

    Raises:
        UserError: one of them is not there, or damaged.
    """
    # Late: torch is behind them.
    from search.training.errors import TrainingError  # noqa: PLC0415
    from search.winner.bundle import BundleError  # noqa: PLC0415
    from search.winner.candidate import CannotExport  # noqa: PLC0415
    from search.winner.images_given import TooManyImages  # noqa: PLC0415
    from search.winner.of_trial import NoSuchImage  # noqa: PLC0415

    try:
        return _of_bundle(arguments) if arguments.trial is None else _of_trial(arguments)
    except (BundleError, CannotExport, NoSuchImage, TooManyImages, TrainingError) as error:
        raise UserError(str(error)) from error


def _of_bundle(arguments: argparse.Namespace) -> tuple[Classifier, list[Question]]:
    from search.winner.classifier import load  # noqa: PLC0415 (late: torch is behind it)

    return load(arguments.source, temperature=arguments.temperature, plugins=arguments.plugins), _named(
        arguments.images
    )


def _of_trial(arguments: argparse.Namespace) -> tuple[Classifier, list[Question]]:
    # Late: torch and Optuna are behind them.
    from search.opening import run_of  # noqa: PLC0415
    from search.winner.of_trial import classifier_of, validation_questions  # noqa: PLC0415

    found = run_of(arguments.source, arguments.storage)
    known = classifier_of(found, None if arguments.trial == BEST else arguments.trial)
    known.classifier.temperature = arguments.temperature
    if arguments.trial == BEST:
        _say(f"trial {known.trial}: {known.why}", json=arguments.json)
    questions = [*_named(arguments.images), *validation_questions(known.data, arguments.validation)]
    return known.classifier, questions


def _named(words: Sequence[str]) -> list[Question]:
    from search.winner.answers import Question  # noqa: PLC0415 (late: torch is behind them)
    from search.winner.images_given import STDIN, images_given  # noqa: PLC0415

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
    elif hasattr(one, "reason"):
        print(f"{one_line(one.image)}: {one.reason}", file=sys.stderr)
    else:
        _print_rows(one)


def _document(one: Answer | Unreadable) -> dict[str, Any]:
    """Return an answer for machines."""
    if hasattr(one, "reason"):
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


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())

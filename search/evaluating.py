"""What `search.evaluate` does with its arguments, and how an evaluation is told: in 80 columns, as JSON, as files."""

from __future__ import annotations

import argparse
import math
import sys
import textwrap
import time
import warnings
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from search.console import one_line, print_json
from search.runs.layout import write_json
from search.training.errors import TrainingError
from search.verb import DONE, FAILED, UserError
from search.winner.bundle import Bundle, BundleError
from search.winner.calibration import BINS, Honesty
from search.winner.card_pictures import draw_confusion
from search.winner.classifier import load
from search.winner.description import Description
from search.winner.evaluation import Evaluation, NothingJudged, WrongImage, evaluate
from search.winner.judged import judged
from search.winner.pictures.canvas import write_picture
from search.winner.pictures.sheet import Tile, contact_sheet

MOST_CLASSES = 20
"""Lines of the table of classes; of more classes those with the lowest recall."""

MOST_COLUMNS = 10
"""Of a confusion matrix in 80 columns; of more classes the most frequent mistakes are named."""

MOST_CONFUSIONS = 10
FORMAT = 1


def evaluate_model(arguments: argparse.Namespace) -> int:
    """Judge the model that the arguments name on the images that they name, and tell it; return the exit code.

    Raises:
        UserError: it is no bundle, or a damaged one; no image could be read; the images are missing, or of classes that
            the model does not know.
    """
    try:
        found, classes = _evaluated(arguments)
    except (BundleError, NothingJudged, TrainingError) as error:
        raise UserError(str(error)) from error
    _tell(found, classes, arguments)
    return FAILED if found.unreadable else DONE


def _evaluated(arguments: argparse.Namespace) -> tuple[Evaluation, tuple[str, ...]]:
    classifier = load(arguments.bundle, plugins=arguments.plugins)
    description = Description.read(Bundle(arguments.bundle).config)
    with warnings.catch_warnings():
        # Of odd metadata; what matters is an unreadable image.
        warnings.filterwarnings("ignore", module="PIL")
        asked = judged(description, arguments.data, directory=arguments.data_dir, split=arguments.split)
        if arguments.out:  # refused before the minutes that the images take
            arguments.out.mkdir(parents=True, exist_ok=True)
        told = _Progress(as_json=arguments.json)
        found = evaluate(classifier, asked, fit=arguments.temperature == "fit", tell=told)
    return found, classifier.classes


class _Progress:
    """Says how far it is: JSON lines for machines, one line that changes on a terminal, nothing elsewhere."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json, self._said = as_json, time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        if done < total and time.monotonic() - self._said < 1:
            return
        self._said = time.monotonic()
        if self._as_json:
            print_json(event="progress", text="classifying the images", done=done, total=total)
        elif sys.stderr.isatty():
            end = "\r" if done < total else "\r\033[K"
            print(f"{done:,} of {total:,} images", end=end, file=sys.stderr, flush=True)


def _tell(found: Evaluation, classes: tuple[str, ...], arguments: argparse.Namespace) -> None:
    """Print an evaluation, and write its files where a folder is named."""
    if not arguments.json:
        print("\n".join(text(found, classes)))
    pictures = _write(found, classes, arguments.out) if arguments.out else {}
    if arguments.json:
        print_json(event="evaluated", **document(found, classes), pictures=pictures)
        return
    for name, path in pictures.items():
        print(f"{name}: {path}")


def _write(found: Evaluation, classes: tuple[str, ...], folder: Path) -> dict[str, str]:
    """Write evaluation.json and the pictures; return where each is."""
    paths = {"confusion": folder / "confusion.png"}
    draw_confusion(found.matrix, classes, paths["confusion"])
    if found.worst:
        paths["worst"] = folder / "worst.png"
        title = f"The worst of the wrong answers: {found.judged.data}, {found.judged.split}"
        write_picture(
            contact_sheet([_tile(one, classes) for one in found.worst], title=title), paths["worst"]
        )
    write_json(folder / "evaluation.json", {"format": FORMAT, **document(found, classes)})
    return {name: str(path) for name, path in {**paths, "document": folder / "evaluation.json"}.items()}


def _tile(one: WrongImage, classes: tuple[str, ...]) -> Tile:
    wrong = one.wrong
    lines = (
        f"said {classes[wrong.predicted]} {wrong.probability:.0%}",
        f"is {classes[wrong.label]}",
        one.name,
    )
    return Tile(one.pixels, lines)


def document(found: Evaluation, classes: tuple[str, ...]) -> dict[str, Any]:
    """Return an evaluation for machines; shares are 0 to 1, None where nothing is divided by nothing."""
    low, high = found.interval
    return {
        "data": found.judged.data,
        "split": found.judged.split,
        "images": found.images,
        "accuracy": found.accuracy,
        "interval": [low, high],
        "macro": {"precision": found.precision, "recall": found.recall, "f1": found.f1},
        "classes": [_class(found, place, name) for place, name in enumerate(classes)],
        "confusion": found.matrix.tolist(),
        "calibration": {"bins": BINS, **asdict(found.scaling)},
        "worst": [{"image": one.name, **_wrong(one, classes)} for one in found.worst],
        "unreadable": [asdict(one) for one in found.unreadable],
        "notes": list(found.judged.notes),
    }


def _class(found: Evaluation, place: int, name: str) -> dict[str, Any]:
    columns = {key: float(values[place]) for key, values in vars(found.scores).items()}
    shares = {key: None if math.isnan(value) else value for key, value in columns.items()}
    counts = {"images": int(found.scores.support[place]), "predicted": int(found.scores.predicted[place])}
    return {"name": name, **{key: value for key, value in shares.items() if key != "support"}, **counts}


def _wrong(one: WrongImage, classes: tuple[str, ...]) -> dict[str, Any]:
    wrong = one.wrong
    return {
        "true": classes[wrong.label],
        "predicted": classes[wrong.predicted],
        "probability": wrong.probability,
        "true_probability": wrong.true_probability,
        "loss": wrong.loss,
    }


def text(found: Evaluation, classes: tuple[str, ...]) -> Iterator[str]:
    """Yield an evaluation's lines, at most 80 columns wide where the names of the classes allow it."""
    low, high = found.interval
    yield f"{found.judged.data}, {found.judged.split}: {found.images:,} images"
    yield f"accuracy  {found.accuracy:.4f}, 95 % interval {low:.4f} to {high:.4f} (Wilson, of these images)"
    yield f"macro     precision {found.precision:.4f}, recall {found.recall:.4f}, F1 {found.f1:.4f}"
    yield ""
    yield from _calibration_lines(found)
    yield ""
    yield from _class_lines(found, classes)
    yield ""
    yield from _confusion_lines(found, classes)
    yield ""
    for note in found.judged.notes:
        yield textwrap.fill(note, 80)
    for one in found.unreadable:
        yield f"left out: {one_line(one.image)}: {one.reason}"


def _calibration_lines(found: Evaluation) -> Iterator[str]:
    scaling = found.scaling
    columns: list[tuple[str, Honesty]] = [("as trained", scaling.before)]
    if scaling.after is not None:
        columns.append((f"at temperature {scaling.temperature:.3f}", scaling.after))
    yield f"{'probabilities':34}" + "".join(f"{name:>22}" for name, _ in columns)
    for name, key in (
        ("negative log likelihood, nats", "nll"),
        ("Brier score, 0 to 2", "brier"),
        ("calibration error (ECE, 15 bins)", "ece"),
    ):
        yield f"  {name:32}" + "".join(f"{getattr(honesty, key):22.4f}" for _, honesty in columns)
    yield textwrap.fill(f"  temperature: {scaling.how}", 80, subsequent_indent="  ")


def _class_lines(found: Evaluation, classes: tuple[str, ...]) -> Iterator[str]:
    scores = found.scores
    order = np.argsort(np.nan_to_num(scores.recall, nan=2.0), kind="stable")[:MOST_CLASSES]
    shown = sorted(order.tolist()) if len(classes) <= MOST_CLASSES else order.tolist()
    yield f"{'class':16}{'images':>7}  {'recall':22}  {'precision':22}  {'F1':>6}"
    for place in shown:
        recall = _share(scores.recall[place], scores.recall_low[place], scores.recall_high[place])
        precision = _share(scores.precision[place], scores.precision_low[place], scores.precision_high[place])
        f1 = "" if np.isnan(scores.f1[place]) else f"{scores.f1[place]:.4f}"
        yield f"{_cut(classes[place], 15):16}{scores.support[place]:7,}  {recall:22}  {precision:22}  {f1:>6}"
    if len(classes) > len(shown):
        yield f"and {len(classes) - len(shown)} classes of higher recall"


def _confusion_lines(found: Evaluation, classes: tuple[str, ...]) -> Iterator[str]:
    if len(classes) <= MOST_COLUMNS:
        yield f"{'true, predicted':16}" + "".join(f"{_cut(name, 5):>6}" for name in classes)
        for name, row in zip(classes, found.matrix, strict=True):
            yield f"{_cut(name, 15):16}" + "".join(f"{count or '·':>6}" for count in row)
        return
    wrong = found.matrix.copy()
    np.fill_diagonal(wrong, 0)
    yield "most frequent mistakes (true → predicted)"
    for cell in np.argsort(-wrong, axis=None, kind="stable")[:MOST_CONFUSIONS]:
        true, given = divmod(int(cell), len(classes))
        if wrong[true, given]:
            yield f"  {wrong[true, given]:6,}  {_cut(classes[true], 30)} → {_cut(classes[given], 30)}"


def _share(share: float, low: float, high: float) -> str:
    return "–" if np.isnan(share) else f"{share:.4f} ({low:.3f}–{high:.3f})"


def _cut(name: str, width: int) -> str:
    name = one_line(name)
    return name if len(name) <= width else name[: width - 1] + "…"

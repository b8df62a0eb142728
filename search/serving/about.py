"""What /model says: read from the bundle, with the accuracy that the export measured."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any

import search
from search.runs.interval import wilson
from search.serving.limits import Limits
from search.serving.schema import Accuracy, Model
from search.winner.bundle import Bundle, read_checksums
from search.winner.description import Description
from search.winner.explanations import METHODS


def about(bundle: Bundle, engine: str, limits: Limits, temperature: float) -> Model:
    """Return what a server's model is.

    Args:
        bundle: of the model.
        engine: what computes it.
        limits: on requests.
        temperature: of the probabilities.

    Raises:
        BundleError: it is damaged.
    """
    description = Description.read(bundle.config)
    return Model(
        classes=list(description.classes),
        shape=description.shape,
        architecture=str(description.config.settings.get("architecture", "")),
        members=len(description.members),
        run=description.run,
        trial=description.trial,
        epoch=description.epoch,
        accuracy=accuracy(bundle),
        temperature=temperature,
        engine=engine,
        methods=list(METHODS),
        limits={
            "bytes": limits.bytes,
            "images": limits.images,
            "pixels": limits.pixels,
            "seconds": limits.seconds,
        },
        versions={
            "winnow": search.__version__,
            **{name: version(name) for name in ("torch", "onnxruntime", "ray")},
        },
        files=read_checksums(bundle),
    )


def accuracy(bundle: Bundle) -> Accuracy | None:
    """Return the accuracy that the export measured on validation images; None where it did not.

    It is that of the weights: the search chose the trial by these very images, and a winner by the best of many numbers
    is partly luck, so that `search.confirm` says what to expect of new images.
    """
    try:
        found: dict[str, Any] = json.loads(bundle.verification.read_text(encoding="utf-8"))
        value, images, split = found["accuracy"], found["images"], found["split"]
        return Accuracy(split=split, images=images, value=value, interval=wilson(value, images))
    except (OSError, ValueError, KeyError, TypeError):
        return None

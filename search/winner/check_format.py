"""Whether the files of a format, loaded again, say what the weights say; how accurate, how large, how fast they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from search.plan.registry import Entry
from search.training.at_once import images_at_once
from search.training.data.file_images import FileImages
from search.training.data.source import Images
from search.winner.bundle import Bundle
from search.winner.description import Description
from search.winner.formats import Format, Session
from search.winner.formats.pixels import model_input
from search.winner.measure_latency import measure_latency
from search.winner.measure_loss import Loss, measure_loss
from search.winner.verification import FormatCheck, Latency, Parity

Floats = npt.NDArray[np.float32]

MOST_LOST = 0.05
"""Of the accuracy, by a format that may lose some: what surely loses more is broken rather than rounded."""

WEIGHTS = "safetensors"
"""The format that the others are compared with; it is compared with the trained model itself."""

TIMED = 32
"""Images of the largest batch that is timed."""


class Disagrees(ValueError):  # noqa: N818 (says what is the case)
    """A written file does not say what the trained model says; the message says by how much."""


@dataclass(frozen=True, eq=False)
class Shown:
    """The images that models are compared on: ``pixels`` are the source's (…, H, W, C), ``rows`` (N,) those of it.

    ``labels`` (N,) are their classes, ``reference`` (N, classes) what the weights say about them in float32.
    """

    pixels: Images | FileImages
    rows: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]
    reference: Floats

    def batches(self, description: Description) -> Iterator[npt.NDArray[Any]]:
        """Yield the images as the files of a bundle take them."""
        step = images_at_once(*description.shape[1:])
        for start in range(0, len(self.rows), step):
            yield model_input(self.pixels[self.rows[start : start + step]], description)

    def timed(self, description: Description) -> npt.NDArray[Any]:
        """Return a few images as the files take them, for the measurement of time."""
        return model_input(self.pixels[self.rows[:TIMED]], description)


def check_weights(bundle: Bundle, shown: Shown, parity: Parity, entry: Entry[type[Format]]) -> FormatCheck:
    """Return what was seen of the weights, of which the comparison with the trained model is done.

    Raises:
        Disagrees: they are not the trained model's.
    """
    if not parity.holds:
        raise Disagrees(
            f"the exported model is not the trained one: it says the same of {parity.agree:,} of {parity.images:,} "
            f"validation images, and a logit is off by {parity.difference:.2g} of the largest, where "
            f"{parity.tolerance:g} is allowed"
        )
    description = Description.read(bundle.config)
    return _made(
        bundle,
        entry,
        against="the trained model",
        numbers=(parity.agree, parity.undecided, parity.difference),
        tolerance=parity.tolerance,
        accuracy=float((shown.reference.argmax(axis=1) == shown.labels).mean()),
        images=parity.images,
        loss=None,
        latency=measure_latency(_opener(bundle, entry), shown.timed(description)),
    )


def check_format(bundle: Bundle, shown: Shown, entry: Entry[type[Format]]) -> FormatCheck:
    """Load the files of a format and compare what they say with what the weights say.

    Raises:
        BundleError: a file is missing or damaged.
        Disagrees: it says something else than the weights.
    """
    description = Description.read(bundle.config)
    written = entry.build()
    session = written.open(bundle)
    said = np.concatenate([session(batch) for batch in shown.batches(description)])
    right, expected = said.argmax(axis=1) == shown.labels, shown.reference.argmax(axis=1) == shown.labels
    agree, undecided, difference = compared(said, shown.reference, written.tolerance)
    loss = None if written.same_class else measure_loss(expected, right)
    _refuse(entry, len(said), agree + undecided, difference, loss)
    return _made(
        bundle,
        entry,
        against="model.safetensors",
        numbers=(agree, undecided, difference),
        tolerance=written.tolerance,
        accuracy=float(right.mean()),
        images=len(said),
        loss=loss,
        latency=measure_latency(_opener(bundle, entry), shown.timed(description)),
    )


def compared(said: Floats, reference: Floats, tolerance: float) -> tuple[int, int, float]:
    """Compare logits (N, classes).

    Args:
        said: by the file.
        reference: what it should say.
        tolerance: of a logit, as a share of the largest one.

    Returns:
        For how many images the class is the same; for how many others the reference's two largest logits are so close
        that the tolerance may turn them; the greatest difference, as a share of the largest logit, infinite where a
        logit is no number.
    """
    scale = float(np.abs(reference).max()) or 1.0
    same = said.argmax(axis=1) == reference.argmax(axis=1)
    top = np.sort(reference, axis=1)[:, -2:]
    close = (top[:, 1] - top[:, 0]) <= 2 * tolerance * scale
    difference = float(np.abs(said - reference).max()) / scale
    return int(same.sum()), int((~same & close).sum()), difference if np.isfinite(difference) else np.inf


def _refuse(
    entry: Entry[type[Format]], images: int, fitting: int, difference: float, loss: Loss | None
) -> None:
    """Complain of a file that says something else than the weights."""
    name = ", ".join(entry.build.files)
    if difference > entry.build.tolerance:
        raise Disagrees(
            f"{name} is not the trained model: a logit is off by {difference:.2g} of the largest, where "
            f"{entry.build.tolerance:g} is allowed"
        )
    if entry.build.same_class and fitting < images:
        raise Disagrees(
            f"{name} is not the trained model: it says another class for {images - fitting:,} of {images:,} "
            "validation images"
        )
    if loss is not None and loss.low > MOST_LOST:
        raise Disagrees(
            f"{name} is much less accurate than the trained model: by {loss.mean:.3f} on {images:,} validation images "
            f"(95 % interval {loss.low:.3f} to {loss.high:.3f}), where {MOST_LOST:g} is allowed"
        )


def _opener(bundle: Bundle, entry: Entry[type[Format]]) -> Callable[[int | None], Session]:
    return lambda threads: entry.build().open(bundle, threads=threads)


def _made(
    bundle: Bundle,
    entry: Entry[type[Format]],
    *,
    against: str,
    numbers: tuple[int, int, float],
    tolerance: float,
    accuracy: float,
    images: int,
    loss: Loss | None,
    latency: Latency,
) -> FormatCheck:
    agree, undecided, difference = numbers
    return FormatCheck(
        name=entry.name,
        files=entry.build.files,
        bytes=sum((bundle.folder / name).stat().st_size for name in entry.build.files),
        against=against,
        images=images,
        agree=agree,
        undecided=undecided,
        difference=difference,
        tolerance=tolerance,
        accuracy=accuracy,
        loss=loss,
        latency=latency,
    )

"""Checks an exported model in a process of its own: rebuilt from its files, it must say what the trained one said.

    python -m search.winner.verify BUNDLE VALIDATION [--data-dir DIR] [--strict]

It prints one JSON object. `VALIDATION` is the trial's validation.npz, written while it was trained.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from search.runs.predictions import read_predictions
from search.training.data import Data, load_data
from search.training.devices import autocast_dtype
from search.training.errors import TrainingError
from search.training.evaluation import evaluate
from search.training.normalization import Normalization
from search.training.parts import Parts
from search.training.predictions import Predictions
from search.winner.bundle import Bundle, BundleError
from search.winner.description import Description
from search.winner.rebuild import rebuilt

MOST_IMAGES = 2000
"""That are compared, evenly spread over the validation split: a large network takes a minute for them on a CPU."""

STRICT, LOOSE = 1e-3, 3e-2
"""Greatest difference of a logit, as a share of the largest one. A float16, in which the logits were kept, is off by
0.0005 of itself; a bfloat16, in which other hardware computes, by 0.004 at each layer."""


@dataclass(frozen=True)
class Parity:
    """How an exported model agrees with the trained one.

    ``images`` were compared; for ``agree`` of them the class is the same. ``undecided`` of the others have their two
    largest logits within the tolerance. ``difference`` is the greatest one of a logit, as a share of the largest
    logit, and at most ``tolerance`` where all is well. ``accuracy`` is the exported model's on these images,
    ``plain_agree`` on how many it says the same when it computes in float32 throughout.
    """

    images: int
    agree: int
    undecided: int
    difference: float
    tolerance: float
    accuracy: float
    plain_agree: int

    @property
    def holds(self) -> bool:
        """Whether the exported model is the trained one."""
        return self.difference <= self.tolerance and self.agree + self.undecided == self.images


def verify(
    bundle: Bundle, said: Predictions, *, data_dir: Path | None = None, tolerance: float = STRICT
) -> Parity:
    """Compare a bundle with what its trial said about the validation images.

    Args:
        bundle: with config.json and weights.
        said: by the trial when it was trained.
        data_dir: where the images lie, as in the plan.
        tolerance: of a logit, as a share of the largest one; `STRICT` where the hardware is the same.

    Raises:
        BundleError: the files are no model, or that of other images.
        TrainingError: the images cannot be read, or the configuration is none that this version knows.
    """
    description, model = rebuilt(bundle)
    data = load_data(description.config.data, directory=data_dir)
    if data.classes != description.classes or data.shape != description.shape:
        raise BundleError(f"{bundle.config}: the images on this machine have other classes or another shape")
    rows = np.unique(np.linspace(0, len(said.labels) - 1, MOST_IMAGES).round().astype(np.int64))
    settings = Parts.of(description.config.settings).recipe
    dtype = autocast_dtype(settings.precision, torch.device("cpu"), min(description.shape[1:]))
    model = model.to(memory_format=torch.channels_last) if settings.memory_format_is_channels_last else model
    found = _logits(description, model, data, said.indices[rows], dtype)
    plain = (
        found
        if dtype is torch.float32
        else _logits(description, model, data, said.indices[rows], torch.float32)
    )
    return compare(found, plain, said.logits[rows], said.labels[rows], tolerance=tolerance)


def compare(
    found: npt.NDArray[np.float32],
    plain: npt.NDArray[np.float32],
    expected: npt.NDArray[np.float16],
    labels: npt.NDArray[np.int64],
    *,
    tolerance: float,
) -> Parity:
    """Compare logits (N, classes).

    Args:
        found: of the exported model, computed as the trial was.
        plain: of the exported model in float32.
        expected: of the trained model.
        labels: (N,).
        tolerance: of a logit, as a share of the largest one.
    """
    wanted = expected.astype(np.float32)
    scale = float(np.abs(wanted).max()) or 1.0
    # Both as float16: where two logits became equal by that, the first one counts for both.
    same = found.astype(np.float16).argmax(axis=1) == expected.argmax(axis=1)
    top = np.sort(wanted, axis=1)[:, -2:]
    close = (top[:, 1] - top[:, 0]) <= 2 * tolerance * scale
    return Parity(
        images=len(labels),
        agree=int(same.sum()),
        undecided=int((~same & close).sum()),
        difference=float(np.abs(found - wanted).max()) / scale,
        tolerance=tolerance,
        accuracy=float((found.argmax(axis=1) == labels).mean()),
        plain_agree=int((plain.argmax(axis=1) == expected.argmax(axis=1)).sum()),
    )


def _logits(
    description: Description,
    model: torch.nn.Module,
    data: Data,
    indices: npt.NDArray[np.int64],
    dtype: torch.dtype,
) -> npt.NDArray[np.float32]:
    cpu = torch.device("cpu")
    known = replace(data, mean=description.mean, std=description.std)  # the bundle's own, not the images'
    channels_last = Parts.of(description.config.settings).recipe.memory_format_is_channels_last
    normalize = Normalization(known, cpu, channels_last=channels_last)
    rows = torch.from_numpy(indices)
    result = evaluate(model, data.to(cpu, data.validation), rows, normalize=normalize, dtype=dtype)
    logits: npt.NDArray[np.float32] = result.logits.numpy()
    return logits


def main(argv: Sequence[str] | None = None) -> int:
    """Check, print, return the exit code: 0 where the models agree."""
    parser = argparse.ArgumentParser(prog="python -m search.winner.verify", description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("validation", type=Path)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--strict", action="store_true", help="the trial ran on this very machine's CPU")
    arguments = parser.parse_args(argv)
    try:
        parity = verify(
            Bundle(arguments.bundle),
            read_predictions(arguments.validation),
            data_dir=arguments.data_dir,
            tolerance=STRICT if arguments.strict else LOOSE,
        )
    except (ValueError, TrainingError) as error:
        sys.stdout.write(json.dumps({"error": str(error)}) + "\n")
        return 1
    sys.stdout.write(json.dumps({**asdict(parity), "holds": parity.holds}) + "\n")
    return 0 if parity.holds else 1


if __name__ == "__main__":
    sys.exit(main())

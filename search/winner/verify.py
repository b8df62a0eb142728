"""Checks an exported model in a process of its own: loaded from its files, it must say what the trained one said.

    python -m search.winner.verify BUNDLE VALIDATION [--data-dir DIR] [--strict] [--formats NAME …]

It prints one JSON object a line: what it checks, then the verification or an error. `VALIDATION` is a file such as a
trial's validation.npz, with what the trained model said about the validation images.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from search.plan.trial_config import TrialConfig
from search.runs.predictions import read_predictions
from search.training.cost import figures
from search.training.data import Data, load_data
from search.training.devices import autocast, autocast_dtype
from search.training.errors import TrainingError
from search.training.evaluation import evaluate
from search.training.normalization import Normalization
from search.training.parts import Parts
from search.training.predictions import Predictions
from search.winner.bundle import Bundle, BundleError
from search.winner.check_format import WEIGHTS, Disagrees, Shown, check_format, check_weights
from search.winner.description import Description
from search.winner.formats import formats
from search.winner.measure_latency import machine
from search.winner.rebuild import joined, rebuilt_members
from search.winner.verification import Parity, Verification

MOST_FLOPS = 2 * 10**12
"""That the validation images may take: half a minute for each format on two cores. All 48,000 of MNIST with a network
of three blocks, 1,800 of CIFAR-10 with ResNet-18."""

FEWEST_IMAGES = 200
"""That are compared however large the network is."""

STRICT, LOOSE = 1e-3, 3e-2
"""Greatest difference of a logit, as a share of the largest one. A float16, in which the logits were kept, is off by
0.0005 of itself; a bfloat16, in which other hardware computes, by 0.004 at each layer."""


class AsTrained(nn.Module):
    """A member that computes as its trial did: in its precision, with its layout of memory.

    Args:
        model: of the member.
        config: of the member.
        side: the shorter side of an image in pixels.
    """

    def __init__(self, model: nn.Module, config: TrialConfig, *, side: int) -> None:
        super().__init__()
        recipe = Parts.of(config.settings).recipe
        last = recipe.memory_format_is_channels_last
        self._format = torch.channels_last if last else torch.contiguous_format
        self.dtype = autocast_dtype(recipe.precision, torch.device("cpu"), side)
        self.model = model.to(memory_format=self._format)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (N, classes) in float32."""
        with autocast(images.device, self.dtype):
            logits: Tensor = self.model(images.contiguous(memory_format=self._format))
        return logits.float()


def verify(
    bundle: Bundle,
    said: Predictions,
    *,
    data_dir: Path | str | None = None,
    tolerance: float = STRICT,
    names: Sequence[str] = (WEIGHTS,),
    tell: Callable[[str], None] = lambda _name: None,
) -> Verification:
    """Compare a bundle with what was said about the validation images when it was trained.

    Args:
        bundle: with config.json and weights.
        said: by the trained model.
        data_dir: where the images lie, as in the plan.
        tolerance: of a logit, as a share of the largest one; `STRICT` where the hardware is the same.
        names: of the formats that it holds; the weights are always checked.
        tell: is told which format is checked next.

    Raises:
        BundleError: a file is no model, or that of other images.
        Disagrees: one says something else than the trained model.
        TrainingError: the images cannot be read, or the configuration is none that this version knows.
    """
    description, members = rebuilt_members(bundle, plugins=True)  # written by this very search
    data = load_data(description.config.data, directory=data_dir)
    if data.classes != description.classes or data.shape != description.shape:
        raise BundleError(f"{bundle.config}: the images on this machine have other classes or another shape")
    rows = _spread(len(said.labels), description)
    side = min(description.shape[1:])
    trained = [
        AsTrained(model, member.config, side=side)
        for model, member in zip(members, description.members, strict=True)
    ]
    tell(WEIGHTS)
    found = _logits(description, joined(list(trained), description), data, said.indices[rows])
    plain = _logits(description, joined(members, description), data, said.indices[rows])
    parity = compare(found, plain, said.logits[rows], said.labels[rows], tolerance=tolerance)
    shown = Shown(data.validation.images, said.indices[rows], said.labels[rows], plain)
    checks = [check_weights(bundle, shown, parity, formats[WEIGHTS])]
    for name in names:
        if name != WEIGHTS:
            tell(name)
            checks.append(check_format(bundle, shown, formats[name]))
    return Verification(parity, tuple(checks), len(said.labels), machine())


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


def _spread(images: int, description: Description) -> npt.NDArray[np.int64]:
    """Return which of the validation images are compared: all, or as many as time allows, evenly spread."""
    classes = len(description.classes)
    flops = sum(
        figures(member.config, description.shape, classes, ("flops",))["flops"]
        for member in description.members
    )
    most = max(FEWEST_IMAGES, MOST_FLOPS // max(1, flops))
    return np.linspace(0, images - 1, min(images, most)).round().astype(np.int64)


def _logits(
    description: Description, model: nn.Module, data: Data, indices: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    cpu = torch.device("cpu")
    known = replace(data, mean=description.mean, std=description.std)  # the bundle's own, not the images'
    normalize = Normalization(known, cpu, channels_last=True)
    rows, dtype = torch.from_numpy(indices), torch.float32
    result = evaluate(model, data.to(cpu, data.validation), rows, normalize=normalize, dtype=dtype)
    logits: npt.NDArray[np.float32] = result.logits.numpy()
    return logits


def main(argv: Sequence[str] | None = None) -> int:
    """Check, print, return the exit code: 0 where the models agree."""
    parser = argparse.ArgumentParser(prog="python -m search.winner.verify", description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("validation", type=Path)
    parser.add_argument("--data-dir")
    parser.add_argument("--strict", action="store_true", help="the trial ran on this very machine's CPU")
    parser.add_argument("--formats", nargs="+", default=[WEIGHTS], metavar="NAME", help="that it holds")
    arguments = parser.parse_args(argv)
    try:
        found = verify(
            Bundle(arguments.bundle),
            read_predictions(arguments.validation),
            data_dir=arguments.data_dir,
            tolerance=STRICT if arguments.strict else LOOSE,
            names=arguments.formats,
            tell=lambda name: _print({"checking": name}),
        )
    except (ValueError, KeyError, TrainingError) as error:
        kind = "disagrees" if isinstance(error, Disagrees) else "error"
        _print({kind: str(error)})
        return 1
    _print({"verification": found.to_json()})
    return 0


def _print(document: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

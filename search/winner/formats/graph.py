"""The module that graph formats are written from: the rebuilt model, with the preprocessing inside where asked."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram
from tqdm import tqdm

from search.winner.bundle import Bundle
from search.winner.description import Description
from search.winner.rebuild import rebuilt

INPUT, OUTPUT = "images", "logits"
"""Their names in every file."""


class Preprocessed(nn.Module):
    """Takes pixels, uint8 (N, C, H, W) on the scale 0-255, and gives a model what it wants of them.

    Args:
        model: from normalized images to logits.
        mean: of each channel, on the scale 0-1.
        std: likewise.
    """

    scale: Tensor
    shift: Tensor

    def __init__(self, model: nn.Module, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.model = model
        deviation = torch.tensor(std, dtype=torch.float64).view(1, -1, 1, 1)
        average = torch.tensor(mean, dtype=torch.float64).view(1, -1, 1, 1)
        # As one multiplication and one addition, as in training.
        self.register_buffer("scale", (1 / (255 * deviation)).float())
        self.register_buffer("shift", (-average / deviation).float())

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (N, classes)."""
        logits: Tensor = self.model(images.to(torch.float32) * self.scale + self.shift)
        return logits


class Named(nn.Module):
    """A model whose input is called `images`, whatever the architecture calls it."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (N, classes)."""
        logits: Tensor = self.model(images)
        return logits


def graph(bundle: Bundle) -> nn.Module:
    """Return the model that a bundle's graph formats hold, in evaluation mode.

    Raises:
        BundleError: a file is missing or damaged.
    """
    description, model = rebuilt(bundle, plugins=True)  # written by this very search
    if description.preprocess == "inside":
        return Preprocessed(model, description.mean, description.std).eval()
    return Named(model).eval()


def example(description: Description, images: int) -> Tensor:
    """Return an input of so many images (N, C, H, W), as the files take it; the exporters only look at its shape."""
    shape = (images, *description.shape)
    if description.preprocess == "inside":
        return torch.zeros(shape, dtype=torch.uint8)
    return torch.zeros(shape)


def exported(bundle: Bundle, *, batch: int | None = None) -> ExportedProgram:
    """Return the graph as `torch.export` sees it.

    Args:
        bundle: with config.json and the weights.
        batch: how many images it takes; None: any number.
    """
    inputs = (example(Description.read(bundle.config), batch or 2),)
    # `Dim` and not `Dim.AUTO`: an architecture that holds for one number of images only is an error, not a surprise.
    shapes = None if batch else {INPUT: {0: Dim("batch", min=1)}}
    with quiet():
        return torch.export.export(graph(bundle), inputs, dynamic_shapes=shapes)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep from the user what exporters warn and log: what torch is about to give up.

    Torch also makes a progress bar that it does not show, and the first bar of a process would start a thread that
    never ends: not here.
    """
    disabled, interval = logging.root.manager.disable, tqdm.monitor_interval
    logging.disable(logging.WARNING)
    tqdm.monitor_interval = 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
        tqdm.monitor_interval = interval

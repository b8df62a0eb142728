"""A model to classify images with: a plain torch module, with the decoding and the classes that it was trained with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from search.training.at_once import images_at_once
from search.training.data.image_file import MOST_PIXELS, Picture, UnreadableImage, read_pixels
from search.training.data.source import Images
from search.training.room import as_many_as_fit
from search.winner.bundle import Bundle, refuse_changed
from search.winner.rebuild import rebuilt


@dataclass(frozen=True)
class Prediction:
    """What a model says of an image.

    ``label`` is the likeliest class and ``probability`` its own, from 0 to 1; ``probabilities`` are those of all
    ``classes`` in their order and sum to 1.
    """

    label: str
    probability: float
    probabilities: tuple[float, ...]
    classes: tuple[str, ...] = field(repr=False)

    def top(self, count: int) -> list[tuple[str, float]]:
        """Return the likeliest classes with their probabilities, the likeliest first; of equal ones the first class."""
        order = np.argsort(-np.array(self.probabilities), kind="stable")[:count]
        return [(self.classes[index], self.probabilities[index]) for index in order]


class Classifier(nn.Module):
    """A trained model with all that it takes to classify an image file.

        model = search.load("runs/mnist/winner/trial-1")
        model.predict(["seven.png"])[0].label

    It is an ordinary module: ``forward`` takes normalized images (N, C, H, W) float32 and returns logits (N, classes);
    it moves with ``.to("cuda")`` and can be trained further. `search.load` makes it, in evaluation mode.

    Args:
        model: from normalized images to logits.
        classes: their names, in the order of the logits.
        shape: (C, H, W) of an image; C is 1 (grey) or 3 (RGB).
        mean: of each channel, on the scale 0-1: the model wants (x / 255 - mean) / std.
        std: of each channel, likewise.
        temperature: by which the logits are divided before they become probabilities, above 0; 1 leaves them as
            trained (`search.evaluate` finds a better one: Guo et al. 2017, "On calibration of modern neural
            networks").

    Raises:
        ValueError: the temperature is not above 0.
    """

    scale: Tensor
    shift: Tensor

    def __init__(
        self,
        model: nn.Module,
        *,
        classes: Sequence[str],
        shape: tuple[int, int, int],
        mean: Sequence[float],
        std: Sequence[float],
        temperature: float = 1.0,
    ) -> None:
        super().__init__()
        if not temperature > 0:
            raise ValueError(f"`temperature > 0` must hold, but got temperature={temperature}")
        self.model, self.classes, self.shape = model, tuple(classes), shape
        self.mean, self.std, self.temperature = tuple(mean), tuple(std), temperature
        self._at_once = self.batch
        # In float64 first, as in training (`search.training.normalization`), so that both see the same bits.
        wide, centre = (torch.tensor(values, dtype=torch.float64).view(-1, 1, 1) for values in (std, mean))
        self.register_buffer("scale", (1 / (255 * wide)).float(), persistent=False)
        self.register_buffer("shift", (-centre / wide).float(), persistent=False)

    @property
    def batch(self) -> int:
        """How many images are decoded and computed at once; fewer are computed where memory is short."""
        return images_at_once(*self.shape[1:])

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (N, classes) of normalized images (N, C, H, W)."""
        logits: Tensor = self.model(images)
        return logits

    def pixels(self, image: Picture, *, most_pixels: int = MOST_PIXELS) -> Images:
        """Decode an image as those of the training were: see `search.training.data.image_file.read_pixels`.

        It is made grey or RGB as the model wants it, scaled until it covers the model's height and width, aspect ratio
        kept, and cut to its centre: of an image of another aspect ratio the two longer ends are lost.

        Args:
            image: a path, the bytes of a file, an open file, an image of Pillow's, or pixels (H, W[, C]) of 0-255.
            most_pixels: what claims more is refused before it is decoded.

        Returns:
            (H, W, C) uint8.

        Raises:
            UnreadableImage: it cannot be decoded; the message says why.
        """
        channels, height, width = self.shape
        return read_pixels(image, height, width, channels, most_pixels=most_pixels)

    def normalize(self, pixels: Tensor) -> Tensor:
        """Return what the model sees of uint8 pixels (…, C, H, W): (x / 255 - mean) / std, float32, on its device."""
        return torch.addcmul(self.shift, pixels.to(self.shift.device, torch.float32), self.scale)

    def preprocess(self, image: Picture) -> Tensor:
        """Return what the model sees of an image, (C, H, W) float32: `pixels`, then `normalize`.

        Raises:
            UnreadableImage: it cannot be decoded; the message says why.
        """
        return self.normalize(_channels_first(self.pixels(image)))

    @torch.inference_mode()
    def logits(self, seen: Tensor) -> Tensor:
        """Return the logits of images, computed in parts where memory is too small for all of them at once.

        Args:
            seen: normalized, (N, C, H, W), on any device, at least one.

        Returns:
            (N, classes), on the model's device.

        Raises:
            TooLarge: not even one image fits into memory.
        """
        device = self.shift.device
        found, self._at_once = as_many_as_fit(
            lambda at_once: torch.cat([self(part.to(device)) for part in seen.split(at_once)]),  # type: ignore[no-untyped-call]
            len(seen),
            at_once=self._at_once,
            shape=self.shape,
            device=device,
        )
        return found

    def probabilities(self, logits: Tensor) -> Tensor:
        """Return the probabilities (N, classes) of logits (N, classes), at this temperature."""
        return (logits / self.temperature).softmax(dim=1)

    def predict(self, images: Sequence[Picture | Tensor]) -> list[Prediction]:
        """Classify images, in batches.

        Args:
            images: whatever `preprocess` takes, or what it has returned.

        Returns:
            A prediction for each, in their order.

        Raises:
            UnreadableImage: one cannot be decoded; the message says which and why.
            TooLarge: not even one image fits into memory.
            TypeError: this is a single one.
        """
        if isinstance(images, str | bytes):
            raise TypeError(
                f"a list of images is expected, but got {type(images).__name__}: predict([image])"
            )
        size = self.batch
        batches = [range(start, min(start + size, len(images))) for start in range(0, len(images), size)]
        return [
            prediction
            for batch in batches
            for prediction in self._predict([self._seen(images[place], place) for place in batch])
        ]

    def _seen(self, image: Picture | Tensor, place: int) -> Tensor:
        try:
            return image if isinstance(image, Tensor) else self.preprocess(image)
        except UnreadableImage as error:
            name = image if isinstance(image, str | Path) else f"image {place}"
            raise UnreadableImage(f"{name}: {error}") from error

    def _predict(self, seen: list[Tensor]) -> list[Prediction]:
        rows = self.probabilities(self.logits(torch.stack(seen)).double()).tolist()
        return [self._prediction(tuple(row)) for row in rows]

    def _prediction(self, row: tuple[float, ...]) -> Prediction:
        best = int(np.argmax(row))
        return Prediction(self.classes[best], row[best], row, self.classes)


def load(folder: Path, *, temperature: float = 1.0, plugins: bool = False) -> Classifier:
    """Load a bundle's model, after its files were found to be those that were exported.

    Args:
        folder: of the bundle.
        temperature: see `Classifier`.
        plugins: whether the Python files that it names may be run.

    Raises:
        BundleError: it is no bundle, config.json or model.safetensors is missing, damaged or changed, or it needs
            plugins that may not be run.
        PlanError: a plugin of it cannot be loaded.
        SettingsError: the configuration is none that this version knows.
    """
    bundle = Bundle(folder)
    refuse_changed(bundle, bundle.config, bundle.weights)
    description, model = rebuilt(bundle, plugins=plugins)
    return Classifier(
        model,
        classes=description.classes,
        shape=description.shape,
        mean=description.mean,
        std=description.std,
        temperature=temperature,
    ).eval()


def _channels_first(pixels: Images) -> Tensor:
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)  # (H, W, C) -> (C, H, W)

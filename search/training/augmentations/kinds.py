"""The kinds of augmentation, each with its place in the pipeline and its obligations.

An augmentation is a frozen dataclass, registered by decorator; its fields are its settings. It *draws* everything
random for a whole batch first, from the generator and from nothing else, and is then applied to any part of that
batch with that part of what was drawn. So a batch that is split, over the steps of an accumulation or over several
GPUs, is augmented as if it were whole.

Obligations of every kind:

- ``draw`` returns tensors with one row for each image, on the generator's device; how much it takes from the generator
  depends on its arguments alone.
- Every image has its own draw. What becomes of an image depends on that image and its row alone.
- ``images`` are a batch (N, C, H, W), gray or in colour, on the scale 0 to 255, not yet normalised, in any memory
  format. They are never changed in place; shape and dtype are kept.
- The setting of the augmentation's own name is its strength, and 0 or false means off.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

import torch
from torch import Tensor

Shape = tuple[int, int, int]
"""(C, H, W) of an image."""

Drawn = tuple[Tensor, ...]
"""What an augmentation drew for a batch: tensors of N rows."""

Fill = Literal["constant", "nearest", "reflect"]
"""What lies outside an image: black, its nearest pixel, or its mirror image with the edge repeated (Keras' names)."""


class Augmentation(ABC):
    """Something random that is done to each image of a batch; a subclass of one of the kinds below."""

    @abstractmethod
    def draw(self, count: int, shape: Shape, generator: torch.Generator) -> Drawn:
        """Draw for a batch.

        Args:
            count: N, its images.
            shape: (C, H, W) of each.
            generator: on the images' device.
        """


class Copy(Augmentation):
    """Pixels change their places by whole numbers: nothing is interpolated, and dtypes are any. It comes first."""

    @abstractmethod
    def copied(self, images: Tensor, drawn: Drawn, fill: Fill) -> Tensor:
        """Return the images with their pixels moved.

        Args:
            images: (N, C, H, W), uint8 or float.
            drawn: of these images.
            fill: what comes in from outside.
        """


class Warp(Augmentation):
    """An affine map. Those of all warps are composed, and the images are sampled once."""

    stays_inside: ClassVar[bool] = False
    """Whether no pixel is taken from outside the image by more than half a pixel."""

    @abstractmethod
    def matrix(self, drawn: Drawn, shape: Shape) -> Tensor:
        """Return where each output pixel comes from.

        Args:
            drawn: of the images.
            shape: (C, H, W) of each.

        Returns:
            (N, 3, 3) float, from output to input coordinates (x, y, 1), which run from -1 to 1 between the outer
            edges of an image, x to the right and y downwards.
        """


class Policy(Warp):
    """Operations that are drawn out of a list. The geometric ones are a warp, the others come after all warps."""

    @abstractmethod
    def recoloured(self, images: Tensor, drawn: Drawn) -> Tensor:
        """Return the images after the operations that move nothing.

        Args:
            images: (N, C, H, W) uint8.
            drawn: of these images.
        """


class Colour(Augmentation):
    """What changes colours and moves nothing. Several share one conversion to float and one rounding."""

    @abstractmethod
    def coloured(self, images: Tensor, drawn: Drawn) -> Tensor:
        """Return the images with other colours, from 0 to 255.

        Args:
            images: (N, C, H, W) float.
            drawn: of these images.
        """


class Erasing(Augmentation):
    """A part of each image is blacked out. It comes after everything that is done to one image."""

    @abstractmethod
    def erased(self, images: Tensor, drawn: Drawn) -> Tensor:
        """Return the images without that part.

        Args:
            images: (N, C, H, W), uint8 or float.
            drawn: of these images.
        """


class Mixing(Augmentation):
    """Two images become one, and so do their labels. It comes last.

    The first tensor that it draws is the share (N,) of its own label and pixels that an image keeps; at 1 it is left as
    it is. Which other image is mixed in is drawn by the pipeline.
    """

    @abstractmethod
    def mixed(self, images: Tensor, others: Tensor, drawn: Drawn) -> tuple[Tensor, Tensor]:
        """Return the mixed images, and the share (N,) float that each keeps of its own label.

        Args:
            images: (N, C, H, W), uint8 or float.
            others: of the same shape and dtype: what is mixed into each.
            drawn: of ``images``.
        """


def uniform(count: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    """Draw (count,) float32 numbers, uniform from low to high, on the generator's device."""
    return torch.rand(count, generator=generator, device=generator.device) * (high - low) + low


def each(values: Tensor) -> Tensor:
    """Return (N,) values as (N, 1, 1, 1): one for each image."""
    return values[:, None, None, None]

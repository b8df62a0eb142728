"""The tokens of a vision transformer as a map of its patches, as pytorch-grad-cam has it (Gildenblat et al. 2021)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Grid:
    """The patches of an image, as a convolution has laid them out.

    ``width`` is that of their tokens, ``size`` (h, w) how many patches there are, and ``shown`` which share of their
    height and width the image has: the rest, on the right and below, was filled up.
    """

    width: int
    size: tuple[int, int]
    shown: tuple[float, float]

    def holds(self, output: Tensor) -> bool:
        """Tell whether an output is a sequence (1, T, D) of their tokens, maybe with others before them."""
        height, width = self.size
        return output.ndim == 3 and output.shape[1] >= height * width and output.shape[2] == self.width

    def is_of(self, width: int, size: tuple[int, int]) -> bool:
        """Tell whether a map is one of the same patches: timm may turn it behind the convolution, or norm it."""
        return (self.width, self.size) == (width, size)

    def map_of(self, tokens: Tensor) -> Tensor:
        """Return (1, D, h, w) of (1, T, D); class and register tokens stand first and are left out."""
        height, width = self.size
        patches = tokens[:, tokens.shape[1] - height * width :]
        return patches.transpose(1, 2).reshape(len(tokens), self.width, height, width)

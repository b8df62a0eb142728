"""Random hue (torchvision's ``ColorJitter``, Howard 2013: changes of lighting in colour)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from search.plan.registry import Range
from search.training.augmentations.gray import is_colour
from search.training.augmentations.kinds import Colour, Drawn, Shape, uniform
from search.training.augmentations.registry import augmentations


@augmentations.register("hue")
@dataclass(frozen=True, kw_only=True)
class Hue(Colour):
    """Turn each image's colours around the colour circle; gray images stay as they are."""

    hue: Annotated[float, Range(0, 0.5, "greatest turn as a share of the colour circle, within ±")] = 0.0

    def draw(self, count: int, shape: Shape, generator: torch.Generator) -> Drawn:
        """Draw the turns as shares of the circle, (N,)."""
        return (uniform(count, -self.hue, self.hue, generator),)

    def coloured(self, images: Tensor, drawn: Drawn) -> Tensor:
        """Return the images with their hue turned."""
        return turned_hue(images, drawn[0])


def turned_hue(images: Tensor, turns: Tensor) -> Tensor:
    """Turn the hue in HSV, as torchvision's `adjust_hue` does.

    Args:
        images: (N, C, H, W) float from 0 to 255; other than 3 channels are returned as they are.
        turns: (N,) float, shares of the circle.
    """
    if not is_colour(images):
        return images
    least, value = torch.aminmax(images, dim=1)  # (N, H, W)
    chroma = value - least
    sector = _sector(images, value, chroma) + 6 * turns.to(images.dtype)[:, None, None]
    # Each channel's distance below the value, by its place on the circle (Smith 1978, in closed form).
    places = (torch.remainder(sector + offset, 6) for offset in (5, 3, 1))
    below = [torch.minimum(place, 4 - place).clamp_(0, 1).mul_(chroma) for place in places]
    return value[:, None] - torch.stack(below, dim=1)


def _sector(images: Tensor, value: Tensor, chroma: Tensor) -> Tensor:
    """Return the hue (N, H, W) in sixths of the circle; anything where there is no chroma."""
    red, green, blue = images.unbind(dim=1)
    some = torch.where(chroma > 0, chroma, 1)
    of_blue, of_green, of_red = 4 + (red - green) / some, 2 + (blue - red) / some, (green - blue) / some
    return torch.where(value == red, of_red, torch.where(value == green, of_green, of_blue))

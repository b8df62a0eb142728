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
    # Of `aminmax` torch has no fast form across channels: 2 ms for 128 images of 32×32 instead of 0.13.
    value, least = images.amax(dim=1), images.amin(dim=1)  # (N, H, W)
    chroma = value - least
    place = _place(images, value, chroma).add_(turns.to(images.dtype)[:, None, None])
    # Red, green and blue lie at 0, 1/3, 2/3 of the circle; all at once, since an operation costs 10 µs beside its work.
    own = torch.arange(3, device=images.device, dtype=images.dtype)[:, None, None] / 3
    away = place[:, None] - own  # (N, 3, H, W)
    # How far each channel lies below the greatest (Smith 1978): by its distance on the circle from its own colour.
    below = away.sub_(away.round()).abs_().mul_(6).sub_(1).clamp_(0, 1).mul_(chroma[:, None])
    return torch.sub(value[:, None], below, out=below)


def _place(images: Tensor, value: Tensor, chroma: Tensor) -> Tensor:
    """Return the hue (N, H, W) as a share of the circle; anything where there is no chroma."""
    red, green, blue = images.unbind(dim=1)
    sixth = (6 * chroma).clamp_(min=torch.finfo(images.dtype).tiny)
    of_red = (green - blue).div_(sixth)
    of_green, of_blue = (blue - red).div_(sixth).add_(1 / 3), (red - green).div_(sixth).add_(2 / 3)
    # Masks of floats: `where` goes number by number on a CPU, and takes 5 times as long.
    is_red, is_green = (value.clone().eq_(colour) for colour in (red, green))
    return of_blue.lerp_(of_green, is_green).lerp_(of_red, is_red)

"""Random rotations about the centre (Simard et al. 2003, "Best practices", distorted MNIST so)."""

from __future__ import annotations

import math
from typing import Annotated

import torch
from torch import Tensor

from search.plan.registry import Range
from search.training.augmentations.registry import augmentations


@augmentations.register("rotation")
def rotation(
    images: Tensor,
    generator: torch.Generator,
    *,
    rotation: Annotated[
        float, Range(0, 180, "greatest angle in degrees; each image's is uniform within ±")
    ] = 0.0,
) -> Tensor:
    """Rotate each image about its centre by a random angle.

    Args:
        images: (N, C, H, W).
        generator: on the images' device.
        rotation: greatest angle in degrees, in either direction.

    Returns:
        Images of the same shape and dtype, sampled bilinearly.
    """
    if not rotation:
        return images
    angles = torch.rand(len(images), generator=generator, device=images.device) * (2 * rotation) - rotation
    return rotate(images, angles)


def rotate(images: Tensor, degrees: Tensor) -> Tensor:
    """Rotate each image counter-clockwise by its own angle, as `torchvision.transforms.v2.functional.rotate`
    does.

    Args:
        images: (N, C, H, W), uint8 or float.
        degrees: (N,) float.

    Returns:
        Images of the same shape and dtype, sampled bilinearly, black outside; uint8 is rounded.
    """
    source = images if images.is_floating_point() else images.float()
    grid = _turned_grid(degrees.to(source.dtype), *images.shape[2:])
    turned = torch.nn.functional.grid_sample(source, grid, align_corners=False)
    return turned if images.is_floating_point() else turned.round_().to(images.dtype)


def _turned_grid(degrees: Tensor, height: int, width: int) -> Tensor:
    """Return where each output pixel comes from: (N, H, W, 2), x and y from -1 to 1 between the outer edges.

    `affine_grid` gives the same in six times the time on a CPU (1.2 ms for 128 images of 32×32): it multiplies
    matrices of 3 columns.
    """
    radians = (degrees * (math.pi / 180))[:, None, None]
    cosine, sine = radians.cos(), radians.sin()
    x = ((2 * torch.arange(width, device=degrees.device) + 1) / width - 1).to(degrees.dtype)[None, None, :]
    y = ((2 * torch.arange(height, device=degrees.device) + 1) / height - 1).to(degrees.dtype)[None, :, None]
    # In units of half the side, so the sine is stretched where the image is not square.
    across = cosine * x - sine * (height / width) * y
    down = sine * (width / height) * x + cosine * y
    return torch.stack([across, down], dim=-1)

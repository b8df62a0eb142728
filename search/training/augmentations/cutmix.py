"""CutMix (Yun et al. 2019): a rectangle of one image in another, the labels in proportion to the areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from search.plan.registry import Range
from search.training.augmentations.boxes import inside
from search.training.augmentations.kinds import Drawn, Mixing, Shape
from search.training.augmentations.registry import augmentations
from search.training.augmentations.shares import beta


@augmentations.register("cutmix")
@dataclass(frozen=True, kw_only=True)
class CutMix(Mixing):
    """Put a rectangle of another image of the batch into each image.

    Its sides are in proportion to the image's, its centre uniform over the pixels; what lies outside the image is cut
    off, and does not count as mixed in.
    """

    cutmix: Annotated[
        float, Range(0, 10, "alpha of the Beta distribution of the area that stays; 1 in the paper; 0: off")
    ] = 0.0
    cutmix_probability: Annotated[
        float, Range(0, 1, "for each image; 1 on ImageNet, 0.5 on CIFAR in the paper")
    ] = 1.0

    def draw(self, count: int, shape: Shape, generator: torch.Generator) -> Drawn:
        """Draw the share that stays, and the rectangle's centre: row and column, (N,) int64 each."""
        device = generator.device
        kept = beta(count, self.cutmix, generator)
        mixed = torch.rand(count, generator=generator, device=device) < self.cutmix_probability
        rows = torch.randint(0, shape[1], (count,), generator=generator, device=device)
        columns = torch.randint(0, shape[2], (count,), generator=generator, device=device)
        return torch.where(mixed, kept, torch.ones_like(kept)), rows, columns

    def mixed(self, images: Tensor, others: Tensor, drawn: Drawn) -> tuple[Tensor, Tensor]:
        """Return the images with rectangles of the others, and the shares of their own pixels."""
        kept, rows, columns = drawn
        side = (1 - kept).sqrt()
        height, width = ((side * size).long() for size in images.shape[2:])
        pixels = inside(rows - height // 2, columns - width // 2, height, width, images)
        return _patched(images, others, pixels), 1 - pixels.float().mean(dim=(1, 2, 3))


def _patched(images: Tensor, others: Tensor, pixels: Tensor) -> Tensor:
    """Return the other images' pixels where they are marked, exactly: `torch.where` goes byte by byte on a CPU."""
    if images.is_floating_point():
        return torch.lerp(images, others, pixels.to(images.dtype))
    everywhere = pixels.permute(0, 2, 3, 1).expand_as(images.permute(0, 2, 3, 1)).to(torch.uint8)
    marks = everywhere.permute(0, 3, 1, 2)
    return images + (others - images) * marks  # modulo 256

"""Test-time flip: what a model says of an image and of its mirror image, averaged (Krizhevsky et al. 2012, 4.1)."""

from __future__ import annotations

from torch import Tensor, nn


class Mirrored(nn.Module):
    """In evaluation mode the mean of the logits of images and of their mirror images, left for right.

    It is part of the model, so predictions and exported files have it too. An image costs two passes.

    Args:
        model: from images (N, C, H, W) to logits.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (N, classes)."""
        if self.training:
            logits: Tensor = self.model(images)
            return logits
        mirror: Tensor = self.model(images.flip(3))
        # The image itself comes last, so that whoever watches the last feature map sees the image's, not its mirror's.
        straight: Tensor = self.model(images)
        return (straight + mirror) / 2

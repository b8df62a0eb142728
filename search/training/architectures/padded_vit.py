"""torchvision's vision transformer for images of any shape. It imports torchvision, so it is imported late."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional
from torchvision.models import VisionTransformer  # type: ignore[import-untyped]


class PaddedVisionTransformer(VisionTransformer):  # type: ignore[misc]
    """It fills images up with zeros, on the right and below, to the square that its tokens cover."""

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (N, classes) of images (N, C, H, W), whose sides are at most those of the square."""
        height, width = images.shape[2:]
        square = functional.pad(images, (0, self.image_size - width, 0, self.image_size - height))
        logits: Tensor = super().forward(square)
        return logits

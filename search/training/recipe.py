"""The settings of training that belong to no exchangeable part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from search.plan.registry import Range


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a batch becomes a step.

    ``batch_size`` is the greatest number of images of a step: an epoch is cut into as few batches as that
    allows, of sizes that differ by one at most, so that no image is left out and no batch is tiny. 128 is He
    et al. 2016's on CIFAR-10. ``gradient_clip`` is the greatest norm of the whole gradient (Pascanu et al.
    2013), 0 for none. ``precision`` and ``channels_last`` change speed, and results only by rounding.
    """

    batch_size: Annotated[int, Range(2, 65536, "images of a step")] = 128
    gradient_clip: Annotated[float, Range(0, 1e6, "greatest norm of the gradient; 0: none")] = 0.0
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    channels_last: Literal["auto", True, False] = "auto"

    @property
    def memory_format_is_channels_last(self) -> bool:
        """Whether weights and images are laid out with channels last.

        ``auto`` is yes everywhere: images/s in float32 on 2 cores of an AMD EPYC 9004 without and with, CNN
        at 8×8 28,000 and 35,800, at 28×28 2,200 and 5,500, at 32×32 1,470 and 1,820; on CUDA tensor cores
        want it.
        """
        return self.channels_last is not False

    def batches(self, images: int) -> list[int]:
        """Return the sizes of an epoch's batches.

        Args:
            images: of the training split, at least 1.

        Returns:
            Sizes that add up to ``images`` and differ by at most 1; none is 1 unless there is only one image.
        """
        count = max(1, min(-(-images // self.batch_size), images // 2))
        size, longer = divmod(images, count)
        return [size + 1] * longer + [size] * (count - longer)

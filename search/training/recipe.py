"""The settings of training that belong to no exchangeable part."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from search.plan.registry import Doc, Range
from search.training.initialization import Scheme
from search.training.patience import Watch
from search.training.sampling import Sampling

REFERENCE_BATCH = 256
"""Images of the batch that a learning rate is for where it is scaled: Goyal et al. 2017."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a batch becomes a step, and an epoch a model; docs/recipe.md has each setting with its source.

    ``batch_size`` is the greatest number of images of a step: an epoch is cut into as few batches as that
    allows, of sizes that differ by one at most, so that no image is left out and no batch is tiny. 128 is He
    et al. 2016's on CIFAR-10. ``accumulation`` is into how many parts a batch is cut that would not fit into memory
    whole; the step and its size stay. ``gradient_clip`` is the greatest norm of the whole gradient (Pascanu et al.
    2013), 0 for none. ``precision`` and ``channels_last`` change speed, and results only by rounding.
    ``scale_learning_rate`` takes the learning rate for one at 256 images and multiplies it by batch_size / 256
    (Goyal et al. 2017) or its root (Krizhevsky 2014; for Adam and its like Malladi et al. 2022).

    ``sampling`` and ``class_weights`` are for classes of unequal size; ``initialization`` is of the weights.
    ``normalization`` gives the model pixels standardised by the training split's mean and deviation, on the scale 0-1
    (``min_max``), or as they are. ``ema`` is the memory of the averaged weights that are evaluated and kept, 0 for
    none. ``test_time_flip`` averages what the model says of an image and of its mirror image. ``patience`` is after
    how many epochs without a better validation value a trial ends, 0 for never; ``watch`` says which value that is,
    also for the schedule ``plateau``. ``compile`` is torch.compile for the training steps.
    """

    batch_size: Annotated[int, Range(2, 65536, "images of a step")] = 128
    accumulation: Annotated[int, Range(1, 1024, "parts of a batch, one in memory at a time")] = 1
    gradient_clip: Annotated[float, Range(0, 1e6, "greatest norm of the gradient; 0: none")] = 0.0
    precision: Annotated[
        Literal["auto", "float32", "bfloat16"],
        Doc("of the computations; auto: bfloat16 where the hardware is faster with it"),
    ] = "auto"
    channels_last: Annotated[Literal["auto", True, False], Doc("layout of memory; auto: yes")] = "auto"
    scale_learning_rate: Annotated[
        Literal[False, "linear", "sqrt"], Doc("learning_rate is for 256 images, and grows with batch_size")
    ] = False
    sampling: Annotated[Sampling, Doc("each image once an epoch, or equally many of each class")] = "shuffled"
    class_weights: Annotated[
        Literal["none", "balanced"], Doc("balanced: images of rare classes count more in the loss")
    ] = "none"
    initialization: Annotated[Scheme, Doc("of the weights; default: the architecture's own")] = "default"
    normalization: Annotated[
        Literal["standard", "min_max", "none"],
        Doc("of pixels: by mean and deviation, to 0-1, or as they are, 0-255"),
    ] = "standard"
    ema: Annotated[float, Range(0, 0.99999, "memory of the averaged weights; 0: they are not averaged")] = 0.0
    test_time_flip: Annotated[
        bool, Doc("judge an image and its mirror image together; not for digits and letters")
    ] = False
    patience: Annotated[int, Range(0, 10000, "epochs without a better value that end a trial; 0: none")] = 0
    watch: Annotated[Watch, Doc("the validation value that patience and plateau look at")] = "loss"
    compile: Annotated[bool, Doc("torch.compile for the training steps")] = False

    @property
    def memory_format_is_channels_last(self) -> bool:
        """Whether weights and images are laid out with channels last.

        ``auto`` is yes everywhere: images/s in float32 on 2 cores of an AMD EPYC 9004 without and with, CNN
        at 8×8 28,000 and 35,800, at 28×28 2,200 and 5,500, at 32×32 1,470 and 1,820; on CUDA tensor cores
        want it.
        """
        return self.channels_last is not False

    @property
    def learning_rate_factor(self) -> float:
        """What the learning rate is multiplied by for this size of batch."""
        batches = self.batch_size / REFERENCE_BATCH
        if self.scale_learning_rate == "linear":
            return batches
        return math.sqrt(batches) if self.scale_learning_rate == "sqrt" else 1.0

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

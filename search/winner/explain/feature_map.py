"""The last feature map of any convolutional model, found by hooks while an image passes through it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

SMALLEST_SIDE = 4
"""Pixels. Grad-CAM's authors take the last map, of 14×14 in VGG, as the best compromise of meaning and place. Small
images end as a 2×2 or 1×1 map, which says nothing of the place: there the last map of at least this side is taken."""


class NoFeatureMap(ValueError):  # noqa: N818 (says what is the case)
    """A model has no feature map with a height and a width."""


@dataclass
class Seen:
    """What was seen of a model while it ran: the last map (1, K, h, w) of a fair side, and the last above 1×1."""

    fair: Tensor | None = None
    any: Tensor | None = None

    def keep(self, _module: nn.Module, _inputs: Any, output: Any) -> Any:
        """Keep a module's output where it is such a map; what follows gets a copy, lest it be changed in place."""
        if not isinstance(output, Tensor) or output.ndim != 4 or output.shape[2] * output.shape[3] < 2:
            return output
        self.any = output
        if min(output.shape[2:]) >= SMALLEST_SIDE:
            self.fair = output
        return output.clone()

    @property
    def last(self) -> Tensor:
        """The map to explain with.

        Raises:
            NoFeatureMap: there is none.
        """
        found = self.any if self.fair is None else self.fair
        if found is None:
            raise NoFeatureMap("this model has no feature map of more than one pixel to look at")
        return found


@contextmanager
def watching(model: nn.Module) -> Iterator[Seen]:
    """Within it the feature maps of every module of a model are seen; nothing of the model stays changed."""
    seen = Seen()
    hooks = [module.register_forward_hook(seen.keep) for module in model.modules() if module is not model]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()

"""The last feature map of any convolutional model or vision transformer, found by hooks while an image passes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from search.winner.explain.layout import Layout, Layouts, map_of
from search.winner.explain.tokens import Grid

SMALLEST_SIDE = 4
"""Pixels. Grad-CAM's authors take the last map, of 14×14 in VGG, as the best compromise of meaning and place. Small
images end as a 2×2 or 1×1 map, which says nothing of the place: there the last map of at least this side is taken."""

Size = tuple[int, ...]


class NoFeatureMap(ValueError):  # noqa: N818 (says what is the case)
    """A model has no feature map with a height and a width."""


@dataclass(frozen=True, eq=False)
class Found:
    """A map (1, K, h, w), the score's gradient in it, and which share of its height and width shows the image."""

    map: Tensor
    gradient: Tensor
    shown: tuple[float, float] = (1.0, 1.0)


@dataclass(frozen=True, eq=False)
class Kept:
    """A map as a module has made it, and where its channels stand."""

    made: Tensor
    layout: Layout

    @property
    def map(self) -> Tensor:
        """It as (1, K, h, w)."""
        return map_of(self.made, self.layout)


@dataclass
class Seen:
    """What was seen of a model while it ran: the last map of a fair side, and the last above 1×1.

    ``grid`` is what tokens that follow it would be made of, and ``tokens`` are they, in the order of the layers.
    ``entered`` and ``around`` are the sizes of what the last module and the one before it were given.
    """

    fair: Kept | None = None
    any: Kept | None = None
    grid: Grid | None = None
    tokens: list[Tensor] = field(default_factory=list)
    entered: Size = ()
    around: Size = ()
    layouts: Layouts = field(default_factory=Layouts)

    def enter(self, module: nn.Module, inputs: Any) -> None:
        """Keep the size of what a module is given."""
        if inputs and isinstance(inputs[0], Tensor) and inputs[0].ndim == 4:
            given = map_of(inputs[0], self.layouts.entering(module, inputs[0]))
            self.around, self.entered = self.entered, tuple(given.shape[2:])

    def keep(self, module: nn.Module, _inputs: Any, output: Any) -> Any:
        """Keep a module's output where it is a map or tokens; what follows gets a copy, lest it be changed in place."""
        if not isinstance(output, Tensor):
            return output
        if self.grid is not None and self.grid.holds(output):
            self.tokens.append(output)
        elif output.ndim == 4 and self._is_map(found := Kept(output, self.layouts.leaving(module, output))):
            self._keep_map(found)
        else:
            return output
        return output.clone()

    def found(self, score: Tensor) -> Found:
        """Return the map to explain a score with.

        Of tokens it is the last ones on whose patches the score depends, not on the class token alone: what the last
        block's attention takes, or, where the patches' mean decides, what the last block returns. Where the patches are
        few, and a map of a fair side came before them, it is that.

        Args:
            score: a scalar that the model has said.

        Raises:
            NoFeatureMap: there is none.
        """
        if self.grid is None or not self.tokens or self.last is not self.any:
            (gradient,) = torch.autograd.grad(score, self.last.made)
            return Found(self.last.map, map_of(gradient, self.last.layout))
        gradients = torch.autograd.grad(score, self.tokens, allow_unused=True, materialize_grads=True)
        patches = [self.grid.map_of(gradient) for gradient in gradients]
        place = max((place for place, gradient in enumerate(patches) if gradient.any()), default=-1)
        return Found(self.grid.map_of(self.tokens[place]), patches[place], self.grid.shown)

    @property
    def last(self) -> Kept:
        """The last map.

        Raises:
            NoFeatureMap: there is none.
        """
        found = self.any if self.fair is None else self.fair
        if found is None:
            raise NoFeatureMap("this model has no feature map of more than one pixel to look at")
        return found

    def _is_map(self, found: Kept) -> bool:
        if found.layout == "none" or found.map.shape[2] * found.map.shape[3] < 2:
            return False
        # What attention makes of tokens has as many rows as there are: (1, heads, T, D / heads).
        return not self.tokens or found.made.shape[2] != self.tokens[-1].shape[1]

    def _keep_map(self, found: Kept) -> None:
        self.any = found
        _, width, height, wide = found.map.shape
        if min(height, wide) >= SMALLEST_SIDE:
            self.fair = found
        if self.grid is None or not self.grid.is_of(width, (height, wide)):
            self.grid = Grid(width, (height, wide), self._shown())
        self.tokens = []

    def _shown(self) -> tuple[float, float]:
        high, wide = (min(1.0, a / b) for a, b in zip(self.around or self.entered, self.entered, strict=True))
        return high, wide


@contextmanager
def watching(model: nn.Module) -> Iterator[Seen]:
    """Within it the feature maps of every module of a model are seen; nothing of the model stays changed."""
    seen = Seen()
    hooks = [module.register_forward_pre_hook(seen.enter) for module in model.modules()]
    hooks += [module.register_forward_hook(seen.keep) for module in model.modules() if module is not model]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()

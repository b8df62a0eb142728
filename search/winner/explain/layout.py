"""Where the channels of a feature map stand, known from the modules that make it and take it.

Convolutions have them first, (N, K, h, w); torchvision's and timm's Swin, and the inside of ConvNeXt, have them last,
(N, h, w, K). The sizes alone do not say it: 8 channels of 8×8 are either.
"""

from __future__ import annotations

from typing import Literal

from torch import Size, Tensor, nn

Layout = Literal["first", "last", "none"]
"""``none``: four dimensions, but no map, such as what each patch pays attention to: (N, heads, T, T)."""

CHANNELS_FIRST = (
    nn.modules.conv._ConvNd,
    nn.modules.batchnorm._NormBase,
    nn.GroupNorm,
    nn.modules.pooling._MaxPoolNd,
    nn.modules.pooling._AvgPoolNd,
    nn.modules.pooling._AdaptiveAvgPoolNd,
    nn.modules.pooling._AdaptiveMaxPoolNd,
    nn.Upsample,
)
CHANNELS_LAST = (nn.Linear,)
NO_MAP = (nn.Softmax,)

TURNS: tuple[tuple[list[int], Layout], ...] = (([0, 2, 3, 1], "last"), ([0, 3, 1, 2], "first"))
"""In which order torchvision's `Permute`, by its ``dims``, puts the dimensions, and what that makes of a map."""


class Layouts:
    """The layouts of the tensors of four dimensions that were seen of a model while it ran, by their shapes."""

    def __init__(self) -> None:
        self._known: dict[Size, Layout] = {}
        self._shape = Size()
        self._layout: Layout = "first"  # the image's

    def entering(self, module: nn.Module, taken: Tensor) -> Layout:
        """Return the layout of what a module takes."""
        return self._noted(taken.shape, _by_kind(module, taken.shape))

    def leaving(self, module: nn.Module, made: Tensor) -> Layout:
        """Return the layout of what a module has made."""
        return self._noted(made.shape, _by_dimensions(module) or _by_kind(module, made.shape))

    def _noted(self, shape: Size, said: Layout | None) -> Layout:
        """Return a layout: said by the module, else that of the last tensor of this shape, else of the last of all.

        So a block has the layout of the last layer in it, and an activation that of what it takes.
        """
        self._layout = said or self._known.get(shape) or self._turned(shape)
        self._known[shape], self._shape = self._layout, shape
        return self._layout

    def _turned(self, shape: Size) -> Layout:
        """Return the layout of a tensor of a new shape, which may be the last one with its dimensions turned."""
        if len(self._shape) == 4:
            n, first, second, third = self._shape
            if self._layout == "first" and shape == (n, second, third, first):
                return "last"
            if self._layout == "last" and shape == (n, third, first, second):
                return "first"
        return "first" if self._layout == "none" else self._layout


def map_of(tensor: Tensor, layout: Layout) -> Tensor:
    """Return a tensor of a layout as (N, K, h, w)."""
    return tensor.permute(0, 3, 1, 2) if layout == "last" else tensor


def _by_kind(module: nn.Module, shape: Size) -> Layout | None:
    """Return the layout of what a module takes and makes, None where that is another one's to say."""
    if isinstance(module, CHANNELS_FIRST):
        return "first"
    if isinstance(module, CHANNELS_LAST):
        return "last"
    if isinstance(module, NO_MAP):
        return "none"
    return _by_width(module, shape) if isinstance(module, nn.LayerNorm) else None


def _by_width(norm: nn.LayerNorm, shape: Size) -> Layout | None:
    """Return which dimension a layer norm is about: the last, but in a `LayerNorm2d`, of both libraries, the first."""
    if len(norm.normalized_shape) != 1:
        return None
    if type(norm) is nn.LayerNorm:
        return "last"
    fitting = [shape[1] == norm.normalized_shape[0], shape[3] == norm.normalized_shape[0]]
    return None if all(fitting) or not any(fitting) else "first" if fitting[0] else "last"


def _by_dimensions(module: nn.Module) -> Layout | None:
    """Return the layout of what a module makes that puts the dimensions into another order, None for others."""
    dimensions = getattr(module, "dims", None)
    if not isinstance(dimensions, list | tuple):
        return None
    return next((layout for order, layout in TURNS if list(dimensions) == order), None)

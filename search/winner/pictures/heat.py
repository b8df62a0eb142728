"""An image beside its heat map: on the left as the model sees it, on the right with the map over it, and a scale."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from search.training.data.source import Images
from search.winner.pictures.canvas import BACKGROUND, FAINT, INK, colored, enlarged, font, shortened

MARGIN, BAR, TEXT = 12, 14, 14
"""Pixels: around everything, the width of the scale, the height of the letters."""

COVER = 0.7
"""Share of the map's colour in a covered pixel; the rest is the image in grey."""


def heat_picture(
    pixels: Images, heat: npt.NDArray[np.float32], *, title: str, signed: bool, smooth: bool
) -> Image.Image:
    """Draw an image and its heat map.

    Args:
        pixels: (H, W, C) as the model sees the image.
        heat: (H, W), 0 to 1, or -1 to 1 where ``signed``.
        title: the line above.
        signed: whether values below 0 speak against the class.
        smooth: whether the map is one of places rather than of pixels.
    """
    plain = enlarged(pixels)
    covered = _covered(plain, heat, signed=signed, smooth=smooth)
    scale = _scale(plain.height, signed=signed)
    width = 4 * MARGIN + 2 * plain.width + scale.width
    top = 2 * MARGIN + TEXT
    picture = Image.new("RGB", (width, top + plain.height + MARGIN), BACKGROUND)
    draw = ImageDraw.Draw(picture)
    draw.text((MARGIN, MARGIN - 2), shortened(title, width - 2 * MARGIN, TEXT), INK, font(TEXT))
    picture.paste(plain, (MARGIN, top))
    picture.paste(covered, (2 * MARGIN + plain.width, top))
    picture.paste(scale, (3 * MARGIN + 2 * plain.width, top))
    return picture


def _covered(plain: Image.Image, heat: npt.NDArray[np.float32], *, signed: bool, smooth: bool) -> Image.Image:
    kind = Image.Resampling.BICUBIC if smooth else Image.Resampling.NEAREST
    large = np.asarray(Image.fromarray(heat).resize(plain.size, kind)).clip(-1 if signed else 0, 1)
    grey = np.asarray(plain.convert("L").convert("RGB"), dtype=np.float32)
    mixed = (1 - COVER) * grey + COVER * colored(large, signed=signed)
    return Image.fromarray(mixed.round().astype(np.uint8))


def _scale(height: int, *, signed: bool) -> Image.Image:
    """Return a bar with its ends named: the colours as they lie over a medium grey."""
    names = ("1", "0", "−1") if signed else ("1", "0")
    room = max(round(font(TEXT).getlength(name)) for name in names)
    scale = Image.new("RGB", (BAR + 6 + room, height), BACKGROUND)
    values = np.linspace(1, -1 if signed else 0, height)[:, None].repeat(BAR, axis=1)
    bar = COVER * colored(values, signed=signed) + (1 - COVER) * 128.0
    scale.paste(Image.fromarray(bar.round().astype(np.uint8)), (0, 0))
    draw = ImageDraw.Draw(scale)
    for name, place, anchor in zip(
        names, np.linspace(0, height, len(names)), _anchors(len(names)), strict=True
    ):
        draw.text((BAR + 6, float(place)), name, FAINT, font(TEXT), anchor=anchor)
    return scale


def _anchors(count: int) -> list[str]:
    """Return where text is held: the first at its top, the last at its bottom."""
    return ["lt", *["lm"] * (count - 2), "lb"]

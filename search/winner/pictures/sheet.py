"""A contact sheet: many small images in rows, each with lines below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from search.training.data.source import Images
from search.winner.pictures.canvas import BACKGROUND, FAINT, INK, enlarged, font, shortened

GAP, LETTERS = 10, 11
"""Pixels: between two tiles, and the height of the letters below them."""

ROWS_OF = 6
"""Tiles in a row."""


@dataclass(frozen=True, eq=False)
class Tile:
    """``pixels`` (H, W, C) uint8 and the ``lines`` below them, the first in black, the others in grey."""

    pixels: Images
    lines: tuple[str, ...] = ()


def contact_sheet(
    tiles: Sequence[Tile], *, title: str, side: int = 120, columns: int = ROWS_OF
) -> Image.Image:
    """Draw images in rows.

    Args:
        tiles: at least one; all images of one size, with the same number of lines.
        title: the line above.
        side: of a tile in pixels, at least: that of the shorter side of its image.
        columns: tiles in a row.
    """
    images = [enlarged(tile.pixels, side=side) for tile in tiles]
    line, wide = LETTERS + 4, max(image.width for image in images)
    high = max(image.height for image in images) + line * max(len(tile.lines) for tile in tiles)
    across, down = min(columns, len(tiles)), -(-len(tiles) // columns)
    top = GAP + 20
    size = (GAP + across * (wide + GAP), top + down * (high + GAP))
    sheet = Image.new("RGB", size, BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    draw.text((GAP, GAP - 2), shortened(title, size[0] - 2 * GAP, LETTERS + 2), INK, font(LETTERS + 2))
    for place, (tile, image) in enumerate(zip(tiles, images, strict=True)):
        x, y = GAP + place % columns * (wide + GAP), top + place // columns * (high + GAP)
        sheet.paste(image, (x, y))
        for row, text in enumerate(tile.lines):
            at, color = (x, y + image.height + 2 + row * line), INK if row == 0 else FAINT
            draw.text(at, shortened(text, wide, LETTERS), color, font(LETTERS))
    return sheet

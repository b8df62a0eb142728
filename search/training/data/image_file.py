"""One image file: what its header says, and its pixels as 8-bit grey or RGB; read with Pillow."""

from __future__ import annotations

import errno
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from search.training.data.source import Images

GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N"})
SEQUENCES = frozenset({"GIF", "PNG", "WEBP", "TIFF"})  # not MPO: a phone's JPEG with a preview behind it
ORIENTATION = 0x0112  # the EXIF tag; 5 to 8 turn the image by a quarter
MOST_PIXELS = 100_000_000
"""A file that claims more is refused unread, as a decompression bomb: 300 MB in RGB, above any camera's image."""


class UnreadableImage(Exception):  # noqa: N818 - a finding about a file, gathered and told in one DataError
    """A file that cannot be decoded; the message is the reason."""


@dataclass(frozen=True)
class Header:
    """``height`` and ``width`` in pixels, upright; ``grey``: without colour; ``frames`` says more than one."""

    height: int
    width: int
    grey: bool
    frames: bool


def read_header(path: Path) -> Header:
    """Read a file's header without decoding its pixels.

    Raises:
        UnreadableImage: the file cannot be opened, is no image, or claims too many pixels.
    """
    try:
        with Image.open(path) as image:
            _refuse_bomb(image)
            width, height = image.size
            if image.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8):
                width, height = height, width
            frames = image.format in SEQUENCES and bool(getattr(image, "is_animated", False))
            return Header(height, width, image.mode in GREY_MODES, frames)
    except UnreadableImage:
        raise
    except Exception as error:
        raise UnreadableImage(_reason(error)) from error


def read_pixels(path: Path, height: int, width: int, channels: int) -> Images:
    """Decode a file: its first frame, upright, 8 bits a channel, scaled to cover the size and cut to its centre.

    Transparent pixels show white. 16-bit grey is divided by 257. CMYK and palettes become RGB.

    Args:
        path: the file.
        height: wanted, in pixels.
        width: wanted, in pixels.
        channels: 1 (grey) or 3 (RGB).

    Returns:
        (height, width, channels).

    Raises:
        UnreadableImage: the file is damaged or of a kind that has no 8-bit form.
    """
    try:
        with Image.open(path) as image:
            _refuse_bomb(image)
            # A JPEG is decoded at a fraction of its size where that is enough.
            image.draft(None, (2 * width, 2 * height))
            upright = ImageOps.exif_transpose(_eight_bits(image))
            plain = upright.convert("L" if channels == 1 else "RGB")
            if plain.size != (width, height):
                plain = ImageOps.fit(plain, (width, height), Image.Resampling.BILINEAR)
            return np.asarray(plain).reshape(height, width, channels)
    except UnreadableImage:
        raise
    except Exception as error:
        raise UnreadableImage(_reason(error)) from error


def _refuse_bomb(image: Image.Image) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise UnreadableImage(f"claims {image.width}×{image.height} pixels; at most {MOST_PIXELS:,} are read")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return the image as L or RGB or something that converts to them faithfully, its EXIF data kept."""
    if image.mode == "F":
        raise UnreadableImage("has floating-point pixels; convert it to 8 bits")
    if image.mode.startswith("I"):
        return _from_sixteen_bits(image)
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        return _on_white(image)
    return image.convert("RGB") if image.mode == "P" else image


def _from_sixteen_bits(image: Image.Image) -> Image.Image:
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise UnreadableImage("has 32-bit pixels; convert it to 8 bits")
    grey = Image.fromarray(((values + 128) // 257).astype(np.uint8))
    grey.info = image.info
    return grey


def _on_white(image: Image.Image) -> Image.Image:
    layer = image.convert("RGBA")
    white = Image.new("RGBA", layer.size, "white")
    flat = Image.alpha_composite(white, layer).convert("RGB")
    flat.info = {name: value for name, value in image.info.items() if name != "transparency"}
    return flat


def _reason(error: Exception) -> str:
    """Say why in a few words. Pillow's decoders raise nearly everything on damaged files: struct.error, IndexError…"""
    if isinstance(error, UnidentifiedImageError):
        return "is no image"
    if isinstance(error, OSError) and error.errno in (errno.ENOENT, errno.ELOOP):
        return "is a link to nothing"
    if isinstance(error, struct.error | SyntaxError | EOFError):
        return f"is damaged: {error}"
    return str(error).splitlines()[0] if str(error) else type(error).__name__

"""One image, of a file or from memory: what its header says, and its pixels as 8-bit grey or RGB; read with Pillow."""

from __future__ import annotations

import errno
import functools
import io
import os
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from search.training.data.source import Images

GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N"})
SEQUENCES = frozenset({"GIF", "PNG", "WEBP", "TIFF"})  # not MPO: a phone's JPEG with a preview behind it
ORIENTATION = 0x0112  # the EXIF tag; 5 to 8 turn the image by a quarter
MOST_PIXELS = 100_000_000
"""A file that claims more is refused unread, as a decompression bomb: 300 MB in RGB, above any camera's image."""

FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
"""Pillow goes by the content, not by the name, and knows others that no camera and no browser writes: for EPS it starts
Ghostscript, on whatever a stranger has sent."""

Picture = Path | str | bytes | BinaryIO | Image.Image | npt.NDArray[np.uint8]
"""A path; the bytes of a file, or the open file; an image of Pillow's; pixels (H, W) or (H, W, C)."""


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
        with Image.open(path, formats=_formats()) as image:
            _refuse_bomb(image, MOST_PIXELS)
            width, height = image.size
            # Of a TIFF Pillow has turned the size already.
            if image.format != "TIFF" and image.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8):
                width, height = height, width
            frames = image.format in SEQUENCES and bool(getattr(image, "is_animated", False))
            return Header(height, width, image.mode in GREY_MODES, frames)
    except UnreadableImage:
        raise
    except Exception as error:
        raise UnreadableImage(_reason(error)) from error


def read_pixels(
    picture: Picture, height: int, width: int, channels: int, *, most_pixels: int = MOST_PIXELS
) -> Images:
    """Decode an image: its first frame, upright, 8 bits a channel, scaled to cover the size and cut to its centre.

    Transparent pixels show white. 16-bit grey is divided by 257. CMYK and palettes become RGB.

    Args:
        picture: a file, its bytes, an image of Pillow's (left as it is), or pixels of 0-255 (H, W) or (H, W, C), where
            C is 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGBA).
        height: wanted, in pixels.
        width: wanted, in pixels.
        channels: 1 (grey) or 3 (RGB).
        most_pixels: what claims more is refused before a pixel is decoded.

    Returns:
        (height, width, channels).

    Raises:
        UnreadableImage: it is damaged, larger than allowed, or of a kind that has no 8-bit form.
    """
    try:
        with _opened(picture) as image:
            _refuse_bomb(image, most_pixels)
            if not isinstance(picture, Image.Image):
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


def shown_name(name: str) -> str:
    """Return a file's name as one line that any terminal takes; such names need not be UTF-8."""
    return name if name.isprintable() else ascii(name)


@contextmanager
def quiet_pillow() -> Iterator[None]:
    """Silence Pillow's warnings about odd metadata and large images, in all threads; what matters is raised here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        yield


@functools.cache
def _formats() -> tuple[str, ...]:
    """Return those of `FORMATS` that this Pillow can read; AVIF came with 11.3."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


@contextmanager
def _opened(picture: Picture) -> Iterator[Image.Image]:
    """Yield an image of Pillow's; what was opened here is closed again."""
    if isinstance(picture, Image.Image):
        yield picture
    elif isinstance(picture, np.ndarray):
        yield _of_array(picture)
    else:
        file = io.BytesIO(picture) if isinstance(picture, bytes) else picture
        with Image.open(file, formats=_formats()) as image:
            yield image


def _of_array(pixels: npt.NDArray[np.uint8]) -> Image.Image:
    grey = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 1)
    known = grey or (pixels.ndim == 3 and pixels.shape[2] in (2, 3, 4))
    if pixels.dtype != np.uint8 or not known or not pixels.size:
        raise UnreadableImage(
            f"is an array of {pixels.dtype} {pixels.shape}; uint8 (H, W) or (H, W, C) with 1 to 4 channels is expected"
        )
    return Image.fromarray(pixels.reshape(pixels.shape[:2]) if grey else pixels)


def _refuse_bomb(image: Image.Image, most_pixels: int) -> None:
    if image.width * image.height > most_pixels:
        raise UnreadableImage(f"claims {image.width}×{image.height} pixels; at most {most_pixels:,} are read")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return the image as L or RGB or something that converts to them faithfully, its EXIF data kept."""
    if image.mode == "F":
        raise UnreadableImage(f"has floating-point pixels (mode {image.mode}); convert it to 8 bits")
    if image.mode.startswith("I"):
        return _from_sixteen_bits(image)
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        return _on_white(image)
    return image.convert("RGB") if image.mode == "P" else image


def _from_sixteen_bits(image: Image.Image) -> Image.Image:
    values = np.asarray(image)
    if values.min() < 0 or values.max() > 65535:
        raise UnreadableImage(
            f"has 32-bit pixels, from {values.min()} to {values.max()}; convert it to 8 bits"
        )
    pixels = np.empty(values.shape, np.uint8)
    for row, line in enumerate(values):  # not the whole image at once: 1.8 GB for 100 megapixels
        pixels[row] = (line.astype(np.uint32) + 128) // 257
    grey = Image.fromarray(pixels)
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
        there = error.filename is not None and Path(os.fsdecode(error.filename)).is_symlink()
        return "is a link to nothing" if there else "is not there"
    if isinstance(error, struct.error | SyntaxError | EOFError):
        return f"is damaged: {error}"
    return str(error).splitlines()[0] if str(error) else type(error).__name__

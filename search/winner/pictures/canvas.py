"""What all pictures share: their colours, their font, how an image is enlarged, how a file is written and called."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFont

from search.training.atomic import written_atomically
from search.training.data.source import Images

BACKGROUND, INK, FAINT = (255, 255, 255), (33, 37, 41), (108, 117, 125)

SIDE = 224
"""Pixels of the shorter side of an enlarged image, at least."""

LONGEST = 60
"""Characters of an image's name that stay in the name of its pictures."""

Floats = npt.NDArray[np.floating]


def colored(values: Floats, *, signed: bool) -> Images:
    """Return the colours (…, 3) of values.

    Both maps are perceptually uniform and safe for the colour-blind, dark where nothing is: cividis (Nuñez et al. 2018)
    and, for values of both signs, berlin (Crameri 2018), blue below 0 and red above.

    Args:
        values: (…), 0 to 1, or -1 to 1 where ``signed``.
        signed: whether they have a sign.
    """
    shades = mpl.colormaps["berlin" if signed else "cividis"](
        (values + 1) / 2 if signed else values, bytes=True
    )
    found: Images = np.asarray(shades)[..., :3]
    return found


def enlarged(pixels: Images, *, side: int = SIDE) -> Image.Image:
    """Return an image (H, W, C) in RGB whose pixels are squares, its shorter side at least ``side``.

    A large one, of more than twice that, is reduced to it.
    """
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).convert("RGB")
    shorter = min(image.size)
    if shorter > 2 * side:
        size = round(image.width * side / shorter), round(image.height * side / shorter)
        return image.resize(size, Image.Resampling.LANCZOS)
    times = max(1, -(-side // shorter))
    return image.resize((image.width * times, image.height * times), Image.Resampling.NEAREST)


@functools.cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Return DejaVu Sans, which comes with matplotlib and knows most alphabets, in a size in pixels."""
    return ImageFont.truetype(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", size)


def shortened(text: str, width: float, size: int) -> str:
    """Return a text that is at most so many pixels wide in a font of that size, its end left out where it must be."""
    plain = "".join(sign if sign.isprintable() else "�" for sign in text[:400])
    if font(size).getlength(plain) <= width:
        return plain
    while plain and font(size).getlength(plain + "…") > width:
        plain = plain[:-1]
    return plain + "…"


def file_name(number: int, name: str, kind: str) -> str:
    """Return what a picture is called: whatever the image was called, one plain name without a path in it.

    Args:
        number: of the image, so that no two pictures get one name.
        name: of the image, of a stranger's choice.
        kind: of the picture.
    """
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", Path(name).stem).strip("_")[:LONGEST]
    return "-".join(filter(None, [f"{number:04d}", stem, kind])) + ".png"


def write_picture(image: Image.Image, path: Path) -> None:
    """Write a PNG; it appears whole or not at all, in the place of whatever link lay there.

    Raises:
        OSError: the file system refused.
    """
    with written_atomically(path, durable=False) as file:
        image.save(file, "PNG")

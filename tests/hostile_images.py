"""Image files as strangers send them: damaged, enormous, odd; each made here, none longer than some kilobytes."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image


def noise(mode: str, size: tuple[int, int] = (24, 16)) -> Image.Image:
    """Return an image of fixed noise."""
    random = np.random.default_rng(7)
    return Image.fromarray(random.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)).convert(mode)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """Return an image as a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """Return a PNG of some bytes that claims a size, and whose pixels are missing."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def exif(orientation: int) -> Image.Exif:
    """Return metadata that say how a camera was held."""
    found = Image.Exif()
    found[0x0112] = orientation
    return found


def readable() -> dict[str, tuple[bytes, Image.Image]]:
    """Return odd files by name, each with the upright RGB image that it shows."""
    grey16 = np.arange(16 * 24, dtype=np.uint16).reshape(16, 24) * 170
    frames = [noise("RGB"), noise("RGB").transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    clear = noise("RGBA")
    clear.putalpha(0)
    gif = Image.open(io.BytesIO(encoded(frames[0], "GIF"))).convert("RGB")
    return {
        "plain": (encoded(noise("RGB"), "PNG"), noise("RGB")),
        "turned": (
            encoded(noise("RGB"), "PNG", exif=exif(6)),
            noise("RGB").transpose(Image.Transpose.ROTATE_270),
        ),
        "cmyk": (
            encoded(noise("CMYK"), "TIFF"),
            noise("CMYK").convert("RGB"),
        ),
        "sixteen bits": (
            encoded(Image.fromarray(grey16), "PNG"),
            Image.fromarray(((grey16.astype(np.int64) + 128) // 257).astype(np.uint8)).convert("RGB"),
        ),
        "animated": (encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]), gif),
        "transparent": (encoded(clear, "PNG"), Image.new("RGB", clear.size, "white")),
        "one bit": (encoded(noise("1"), "PNG"), noise("1").convert("RGB")),
    }


def unreadable() -> dict[str, bytes]:
    """Return files that no image can be made of, by name."""
    whole = encoded(noise("RGB", (200, 200)), "JPEG")
    floats = encoded(Image.fromarray(np.ones((8, 8), dtype=np.float32)), "TIFF")
    return {
        "empty": b"",
        "text": b"this is no image\n" * 40,
        "program": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n",
        "truncated": whole[: len(whole) // 2],
        "head alone": whole[:20],
        "bomb": bomb(),
        "large": bomb(12_000, 12_000),
        "floating point": floats,
    }

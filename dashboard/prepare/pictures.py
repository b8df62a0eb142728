"""Pictures that other processes wrote, before a browser sees them: PNG files of a size that it can hold."""

from __future__ import annotations

import stat
import struct
from pathlib import Path

MOST_BYTES = 8 * 2**20
"""Of a picture that is shown."""

MOST_PIXELS = 25_000_000
"""Of a picture that is shown: it takes 100 MB in a browser."""

SIGNATURE = b"\x89PNG\r\n\x1a\n"
"""How a PNG file begins (https://www.w3.org/TR/png-3/#3PNGsignature); its header with the size follows."""


def png(path: Path) -> bytes | None:
    """Return a picture; None where it is no plain PNG file, or too large.

    Args:
        path: of the file.
    """
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > MOST_BYTES:
            return None
        content = path.read_bytes()
    except OSError:
        return None
    if len(content) < 24 or not content.startswith(SIGNATURE) or content[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", content[16:24])
    return content if 0 < width * height <= MOST_PIXELS else None

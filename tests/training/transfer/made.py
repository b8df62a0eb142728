"""How the tests make files of weights."""

from __future__ import annotations

import hashlib
from pathlib import Path

SIZE = 32
"""Pixels of the images that the made weights are said to be for: small, so that tests are fast."""

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def named_by_content(path: Path) -> Path:
    """Rename a file as torch's convention has it, `name-<first digits of its SHA-256>.pth`."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    return path.rename(path.with_name(f"{path.stem}-{digest}.pth"))

"""Where runs or logs are: a folder, or a bucket."""

from __future__ import annotations

from pathlib import Path

BUCKET = "s3://"
"""An address that begins so is a bucket's."""

Place = Path | str
"""A folder, or `s3://bucket/prefix`."""


def place(text: str) -> Place:
    """Read an address."""
    return text if text.startswith(BUCKET) else Path(text)

"""Where images, runs or logs are: a folder, or a bucket."""

from __future__ import annotations

from pathlib import Path

BUCKET = "s3://"
"""An address that begins so is a bucket's."""

Place = Path | str
"""A folder, or `s3://bucket/prefix`."""


def in_bucket(text: str) -> bool:
    """Tell whether an address is a bucket's."""
    return text.startswith(BUCKET)


def place(text: str) -> Place:
    """Read an address."""
    return text if in_bucket(text) else Path(text)


def prefix(address: str) -> str:
    """Return the bucket and the prefix of an address, without slashes around them.

    Args:
        address: `s3://bucket/prefix`.

    Raises:
        OSError: there is no bucket in it, or a part of it is no name: a copy on this machine could lie anywhere.
    """
    found = address.removeprefix(BUCKET).strip("/")
    if not found:
        raise OSError(f"{address}: s3://bucket/prefix is expected, but there is no bucket in it")
    if not is_plain(found):
        raise OSError(f"{address}: names between slashes are expected, but one of them is empty, '.' or '..'")
    return found


def is_plain(name: str) -> bool:
    """Tell whether the name of an object leads to a file below a folder: no part of it is empty, '.' or '..'."""
    return "\0" not in name and all(part not in ("", ".", "..") for part in name.split("/"))

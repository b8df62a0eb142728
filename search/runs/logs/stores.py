"""Which kind of place a log folder's address names."""

from __future__ import annotations

from pathlib import Path

from search.runs.logs.store import LocalStore, Store
from search.runs.place import BUCKET


def open_store(root: str | Path) -> Store:
    """Return the place with an address: a folder, or `s3://bucket/prefix`.

    Raises:
        OSError: the bucket's address is none.
    """
    if str(root).startswith(BUCKET):
        # Imported here: pyarrow takes 0.2 s and 40 MB, and most logs are local.
        from search.runs.logs.bucket import Bucket  # noqa: PLC0415

        return Bucket(str(root))
    return LocalStore(Path(root))

"""Which kind of place a log folder's address names."""

from __future__ import annotations

from pathlib import Path

from search.plan.place import in_bucket
from search.runs.logs.event_bucket import EventBucket
from search.runs.logs.store import LocalStore, Store


def open_store(root: str | Path) -> Store:
    """Return the place with an address: a folder, or `s3://bucket/prefix`.

    Raises:
        OSError: the bucket's address is none.
    """
    if in_bucket(str(root)):
        return EventBucket(str(root))
    return LocalStore(Path(root))

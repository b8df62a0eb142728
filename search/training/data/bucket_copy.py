"""Images that lie in a bucket: copied once into this machine's cache, and from then on a folder like any other."""

from __future__ import annotations

from pathlib import Path

from search.plan.place import in_bucket
from search.training.bucket import Bucket, copy_down
from search.training.cache_folder import cached_for, locked
from search.training.errors import DataError


def local_folder(place: Path | str | None, cache: Path | None = None) -> Path | None:
    """Return the folder with the images of a place; of a bucket, what changed since the last time is fetched.

    Args:
        place: a folder, `s3://bucket/prefix`, or None where a data set needs none.
        cache: the cache's folder; None for the default of `cache_folder`.

    Raises:
        DataError: the bucket is empty or out of reach, or this machine has no room for the copy.
    """
    if place is None or isinstance(place, Path):
        return place
    if not in_bucket(place):
        return Path(place)
    folder = cached_for("buckets", place.rstrip("/"), cache)
    try:
        with locked(folder.with_name(f"{folder.name}.lock")):
            copy_down(Bucket(place), folder)
    except OSError as error:
        raise DataError(f"{place} cannot be copied into {folder}: {error}") from error
    if not folder.is_dir():
        raise DataError(f"{place}: there is no object below that prefix")
    return folder

"""Brings a run home from the bucket in which its driver publishes it; no cluster is asked."""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from search.cluster.errors import ClusterError
from search.cluster.fetch_ssh import WEIGHTS, Fetched, one_at_a_time
from search.runs.bucket_lease import driver_of
from search.runs.layout import RunLayout
from search.runs.lease import Origin, origin_of, write_origin
from search.runs.local_copy import of_others
from search.training.bucket import Bucket, copy_down
from search.winner.bundle import Bundle


def fetch_bucket(address: str, folder: Path, *, weights: bool = False) -> Fetched:
    """Bring a run home from a bucket, or what is new of it.

    Args:
        address: `s3://bucket/prefix/run`.
        folder: of the run here: the copy of this one alone.
        weights: checkpoints, too.

    Raises:
        ClusterError: there is no such run, or the folder holds something else.
        OSError: the bucket is out of reach.
    """
    with one_at_a_time(folder):
        return _fetch(address, folder, weights=weights)


def _fetch(address: str, folder: Path, *, weights: bool) -> Fetched:
    layout, bucket = RunLayout(folder), Bucket(address)
    origin = origin_of(layout)
    if folder.exists() and (origin is None or origin.run != address):
        raise ClusterError(
            f"{folder}: another run of that name is here already: fetch into another --runs-dir"
        )
    if bucket.find("plan.yaml") is None:
        raise ClusterError(f"{address}: there is no run")
    had = layout.journal.stat().st_size if layout.journal.is_file() else 0
    if origin is None:  # a copy that is cut short is still known as one
        write_origin(layout, Origin(address, "the bucket", "", time.time(), None))
    brought = _bundles(bucket)
    copy_down(
        bucket,
        folder,
        wanted=lambda name: _wanted(name, weights=weights),
        kept=lambda name: _own(name, brought) or (not weights and _is_weights(name)),
    )
    new = (layout.journal.stat().st_size if layout.journal.is_file() else 0) - had
    driver = driver_of(bucket)
    write_origin(layout, Origin(address, "the bucket", "", time.time(), driver))
    return Fetched(folder, max(new, 0), driver)


def _bundles(bucket: Bucket) -> set[str]:
    """Return the names of the bundles that the bucket has whole: their checksums are written last."""
    found = map(PurePosixPath, (bucket / "winner").objects())
    return {path.parent.name for path in found if path.name == Bundle(Path()).checksums.name}


def _own(name: str, brought: Collection[str]) -> bool:
    """Tell whether a file is this copy's own: where it came from, what was asked here, what was exported from it.

    Args:
        name: of the file, below the copy.
        brought: the bundles that come from the bucket: a file of an older one would be another model's.
    """
    top, *below = name.split("/")
    if top != "winner":
        return name == "fetched.json" or top == "requests"
    *folders, file = below
    # Left by a fetch that was killed; what a bundle is made of here lies in a hidden folder until it is whole.
    unfinished = file.startswith(".") and not any(folder.startswith(".") for folder in folders)
    return not unfinished and below[0] not in brought and below[0] != "confirmation"


def _wanted(name: str, *, weights: bool) -> bool:
    return of_others(name) and (weights or not _is_weights(name))


def _is_weights(name: str) -> bool:
    """Tell whether it is a checkpoint: what a fetch with them brought is not taken away by one without."""
    return fnmatch.fnmatch(PurePosixPath(name).name, WEIGHTS)

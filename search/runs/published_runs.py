"""Which runs a bucket has."""

from __future__ import annotations

from search.training.bucket import Bucket


def published_runs(address: str) -> list[str]:
    """Return the addresses of the runs directly below a prefix, by name: what has a plan.

    Args:
        address: `s3://bucket/prefix`.

    Raises:
        OSError: the bucket is out of reach.
    """
    bucket = Bucket(address)
    found = (bucket / name for name in bucket.folders())
    return [one.address for one in found if one.find("plan.yaml") is not None]

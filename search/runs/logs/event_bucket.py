"""Event files in a bucket (S3 and what speaks its language), read by ranges: of a file that grew only the new end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import PurePosixPath

from search.runs.logs.store import Look, wanted
from search.training.bucket import REQUESTS, Bucket


class EventBucket:
    """The event files below a prefix.

    Args:
        address: `s3://bucket/prefix`.
        without: how the names begin, below the prefix, of what is not looked at; empty: all is.

    Raises:
        OSError: there is no bucket in the address.
    """

    def __init__(self, address: str, *, without: str = "") -> None:
        self._bucket = Bucket(address)
        self._without = without

    def look(self) -> dict[str, Look]:
        """Return all event files and files of hyperparameters that are there: one request for each 1,000 objects.

        Raises:
            OSError: the bucket is out of reach.
        """
        return {
            name: Look(found.size, found.changed)
            for name, found in self._bucket.objects().items()
            if wanted(PurePosixPath(name).name) and not (self._without and name.startswith(self._without))
        }

    def read(self, path: str, offset: int, length: int) -> bytes:
        """Return so many bytes of an object, or as many as it has.

        Raises:
            OSError: it is out of reach.
        """
        return self._bucket.read(path, offset, length)

    def name(self, path: str) -> str:
        """Return a path as a person knows it."""
        return f"{self._bucket.address}/{path}"

    def many(self, stretches: Iterable[tuple[str, int, int]]) -> Iterator[bytes | OSError]:
        """Yield stretches (path, offset, length), in order; an error in place of one that is out of reach."""
        with ThreadPoolExecutor(REQUESTS) as pool:
            # By handfuls: what waits to be decoded stays in memory.
            for handful in _handfuls(stretches, 2 * REQUESTS):
                yield from pool.map(self._tried, handful)

    def _tried(self, stretch: tuple[str, int, int]) -> bytes | OSError:
        try:
            return self.read(*stretch)
        except OSError as error:
            return error


def _handfuls(stretches: Iterable[tuple[str, int, int]], size: int) -> Iterator[list[tuple[str, int, int]]]:
    rest = iter(stretches)
    while handful := list(islice(rest, size)):
        yield handful

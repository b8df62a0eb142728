"""Event files in a bucket (S3 and what speaks its language), read by ranges: of a file that grew only the new end."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from pyarrow import ArrowException  # type: ignore[import-untyped]
from pyarrow.fs import FileSelector, FileType, S3FileSystem  # type: ignore[import-untyped]

from search.runs.logs.store import Look, wanted

REQUESTS = 16
"""At the same time: one takes 20 to 100 ms, nearly all of it waiting."""


class Bucket:
    """The objects below a prefix.

    Credentials and region are those of the AWS tools (environment, ~/.aws, the machine's role); AWS_ENDPOINT_URL names
    another service that speaks S3.

    Args:
        address: `s3://bucket/prefix`.

    Raises:
        OSError: there is no bucket in the address.
    """

    def __init__(self, address: str) -> None:
        self._root = address.removeprefix("s3://").strip("/")
        if not self._root:
            raise OSError(f"{address}: s3://bucket/prefix is expected, but there is no bucket in it")
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        self._files = S3FileSystem(endpoint_override=endpoint or None)

    def look(self) -> dict[str, Look]:
        """Return all event files and files of hyperparameters that are there: one request for each 1,000 objects.

        Raises:
            OSError: the bucket is out of reach.
        """
        selector = FileSelector(self._root, recursive=True, allow_not_found=True)
        found = {
            info.path.removeprefix(f"{self._root}/"): Look(info.size, info.mtime_ns or 0)
            for info in self._files.get_file_info(selector)
            if info.type == FileType.File and wanted(info.base_name)
        }
        return dict(sorted(found.items()))

    def read(self, path: str, offset: int, length: int) -> bytes:
        """Return so many bytes of an object, or as many as it has.

        Raises:
            OSError: it is out of reach.
        """
        try:
            with self._files.open_input_file(f"{self._root}/{path}") as file:
                data: bytes = file.read_at(min(length, max(0, file.size() - offset)), offset)
                return data
        except ArrowException as error:
            raise OSError(str(error)) from error

    def name(self, path: str) -> str:
        """Return a path as a person knows it."""
        return f"s3://{self._root}/{path}"

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

"""A bucket (S3 and what speaks its language): what is below a prefix, and a copy of it on this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from search.plan.place import is_plain, prefix
from search.training.atomic import written_atomically

REQUESTS = 16
"""At the same time: one takes 20 to 100 ms, nearly all of it waiting."""

CONNECTED, ANSWERED = 5.0, 10.0
"""Seconds in which a server must take a connection, and then send or take something; tried three times in all. Those
of the AWS tools, 1 and 3, are too short for a busy machine or a slow link."""

COPIED_AT_ONCE = 2**24
"""Bytes of an object that are in memory at once."""


@dataclass(frozen=True)
class Object:
    """What a bucket says of an object: size in bytes, and when it was written, in ns since 1970 on its own clock."""

    size: int
    changed: int


class Bucket:
    """The objects below a prefix.

    Credentials and region are those of the AWS tools (environment, ~/.aws, the machine's role); AWS_ENDPOINT_URL names
    another service that speaks S3.

    Args:
        address: `s3://bucket/prefix`.

    Raises:
        OSError: there is no bucket in the address, or '..'.
    """

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self._root = prefix(address)
        self._files = _connect()

    def __truediv__(self, name: str) -> Bucket:
        return Bucket(f"{self.address}/{name}")

    def objects(self) -> dict[str, Object]:
        """Return all objects by their names below the prefix: one request for each 1,000.

        Raises:
            OSError: the bucket is out of reach.
        """
        infos = self._infos(recursive=True)
        found = {
            info.path.removeprefix(f"{self._root}/"): Object(info.size, info.mtime_ns or 0)
            for info in infos
            if info.is_file
        }
        return dict(sorted(found.items()))

    def folders(self) -> list[str]:
        """Return the names directly below the prefix that have objects below them; '' and '..' are none.

        Raises:
            OSError: the bucket is out of reach.
        """
        infos = self._infos(recursive=False)
        # An object `prefix//x` makes a folder of the prefix itself.
        below = f"{self._root}/"
        found = (info.path for info in infos if info.type == _arrow().fs.FileType.Directory)
        names = (path.removeprefix(below) for path in found if path.startswith(below))
        return sorted(name for name in names if is_plain(name))

    def find(self, name: str) -> Object | None:
        """Return what the bucket says of one object; None where there is none.

        Raises:
            OSError: the bucket is out of reach.
        """
        with _errors():
            info = self._files.get_file_info(f"{self._root}/{name}")
        return Object(info.size, info.mtime_ns or 0) if info.is_file else None

    def read(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        """Return the bytes of an object.

        Args:
            name: of the object, below the prefix.
            offset: the first byte.
            length: how many at the most; None: all that there are.

        Raises:
            OSError: it is out of reach, or there is none.
        """
        with _errors(), self._files.open_input_file(f"{self._root}/{name}") as file:
            rest = max(0, file.size() - offset)
            data: bytes = file.read_at(rest if length is None else min(length, rest), offset)
            return data

    def write(self, name: str, data: bytes) -> None:
        """Write an object whole.

        Raises:
            OSError: the bucket is out of reach, or refuses.
        """
        with _errors(), self._files.open_output_stream(f"{self._root}/{name}") as file:
            file.write(data)

    def upload(self, path: Path, name: str) -> None:
        """Write a file as an object.

        Raises:
            OSError: the bucket is out of reach or refuses, or the file cannot be read.
        """
        target = f"{self._root}/{name}"
        with path.open("rb") as source, _errors(), self._files.open_output_stream(target) as file:
            shutil.copyfileobj(source, file, COPIED_AT_ONCE)

    def download(self, name: str, path: Path) -> None:
        """Write an object as a file, whole or not at all.

        Raises:
            OSError: it is out of reach, or the disk refuses.
        """
        source = f"{self._root}/{name}"
        with (
            written_atomically(path, durable=False) as file,
            _errors(),
            self._files.open_input_stream(source) as data,
        ):
            shutil.copyfileobj(data, file, COPIED_AT_ONCE)

    def delete(self, name: str) -> None:
        """Delete an object, if it is there.

        Raises:
            OSError: the bucket is out of reach.
        """
        with _errors():
            try:
                self._files.delete_file(f"{self._root}/{name}")
            except FileNotFoundError:
                return

    def _infos(self, *, recursive: bool) -> list[Any]:
        below = _arrow().fs.FileSelector(self._root, recursive=recursive, allow_not_found=True)
        with _errors():
            infos: list[Any] = self._files.get_file_info(below)
        return infos


@cache
def _arrow() -> ModuleType:
    """Return pyarrow with its file systems; late: it takes 0.2 s and 40 MB, and most places are on a disk."""
    import pyarrow.fs  # type: ignore[import-untyped]  # noqa: PLC0415

    return pyarrow  # type: ignore[no-any-return]


def _connect() -> Any:
    """Return the service that the environment names."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    return _arrow().fs.S3FileSystem(
        endpoint_override=endpoint or None, connect_timeout=CONNECTED, request_timeout=ANSWERED
    )


def copy_down(
    bucket: Bucket,
    folder: Path,
    *,
    wanted: Callable[[str], bool] = lambda _: True,
    kept: Callable[[str], bool] = lambda _: False,
) -> int:
    """Make a folder the copy of what is below a prefix; only what has changed is fetched.

    Files have the times that their objects have in the bucket, so that the copies on two machines are alike.

    Args:
        bucket: with the prefix.
        folder: belongs to this copy alone: what is not in the bucket, or not wanted, is deleted.
        wanted: tells of an object's name whether it is copied.
        kept: tells of a file in the folder whether it stays although the bucket has none of that name.

    Returns:
        How many files were fetched.

    Raises:
        OSError: the bucket is out of reach, an object's name would lead out of the folder, or the disk refuses.
    """
    objects = bucket.objects()
    for name in objects:
        if not is_plain(name):
            raise OSError(
                f"{bucket.address}: the name of a file is expected, but an object is named {name!r}"
            )
    there = {name: found for name, found in objects.items() if wanted(name)}
    here = _stand(folder)
    for name in here.keys() - there.keys():
        if not kept(name):
            (folder / name).unlink()
    due = [name for name in there if here.get(name) != there[name]]

    def fetch(name: str) -> None:
        bucket.download(name, folder / name)
        os.utime(folder / name, ns=(there[name].changed, there[name].changed))

    with ThreadPoolExecutor(REQUESTS) as pool:
        for _ in pool.map(fetch, due):
            pass
    return len(due)


def _stand(folder: Path) -> Mapping[str, Object]:
    files = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
    stats = {path.relative_to(folder).as_posix(): path.stat() for path in files}
    return {name: Object(stat.st_size, stat.st_mtime_ns) for name, stat in stats.items()}


@contextmanager
def _errors() -> Iterator[None]:
    """Let what goes wrong in a bucket be an OSError with one line."""
    try:
        yield
    except _arrow().ArrowException as error:
        raise OSError(str(error).split("\n")[0]) from error

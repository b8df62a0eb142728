"""A worker's side of the courier: it writes on its node's own disk and hands over what it wrote."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import ray
from crc32c import crc32c
from ray.actor import ActorHandle
from ray.exceptions import RayError, RayTaskError

from search.plan.plugins import plugin_file
from search.training.atomic import written_atomically
from search.training.data.cache import received
from search.training.errors import DataError
from search.tuning.courier import CHUNK, seen
from search.tuning.fleet import NAMESPACE
from search.tuning.transport import OwnSupplies, SharedFolder, Supplies, Transport

GROWING = ("log", "events.out.tfevents.")
"""Files that begin so grow: only what is new of them is handed over. The others are replaced as a whole."""

DURABLE = ("checkpoint-",)
"""Files that begin so must outlive a power cut, as `search.training.checkpoint` promises."""

T = TypeVar("T")


@dataclass
class _Sent:
    """How a file stood when it was handed over: inode and time of its last change in ns; so many bytes of it."""

    inode: int
    changed: int
    size: int


def get_courier(name: str) -> ActorHandle:
    """Return the courier of that name.

    Raises:
        OSError: there is none: its driver has ended.
    """
    try:
        return ray.get_actor(name, namespace=NAMESPACE)
    except ValueError as error:
        raise OSError(errno.ENOTCONN, f"there is no courier {name}: its driver has ended") from error


def transport_of(root: Path, name: str | None, scratch: Callable[[], Path]) -> Transport:
    """Return how a worker's files come into the run's folder.

    Args:
        root: the run's folder, on the driver's node.
        name: of the courier; None: this worker sees that folder.
        scratch: returns a folder of this worker's own, made when it is needed.
    """
    if name is None or _is_file(seen(root, name)):
        return SharedFolder(root)
    return ByCourier(get_courier(name), scratch() / root.name)


def _is_file(path: Path) -> bool:
    """Tell whether this worker sees a file; what it may not read, or a mount that is broken here, it does not see."""
    try:
        return path.is_file()
    except OSError:
        return False


def supplies_of(name: str | None, scratch: Callable[[], Path]) -> Supplies:
    """Return what this node gets from the driver's; see `transport_of`."""
    return OwnSupplies() if name is None else FromCourier(get_courier(name), scratch)


class ByCourier:
    """Hands a run's files over to the courier.

    Args:
        actor: the courier.
        root: a folder of this worker's own, named as the run.
    """

    def __init__(self, actor: ActorHandle, root: Path) -> None:
        self.root = root
        self._actor = actor
        self._sent: dict[str, _Sent] = {}

    def deliver(self, attempt: Path) -> None:
        """Hand over what is new since the last time, the weights first; delete there what was deleted here."""
        here = {path.relative_to(self.root).as_posix(): path for path in attempt.iterdir()}
        for relative in sorted(here, key=lambda relative: not here[relative].name.startswith(DURABLE)):
            if not here[relative].name.startswith("."):
                self._hand_over(relative, here[relative])
        own = f"{attempt.relative_to(self.root).as_posix()}/"
        for relative in [
            relative for relative in self._sent if relative.startswith(own) and relative not in here
        ]:
            _asked(self._actor.remove.remote(relative))
            del self._sent[relative]

    def checkpoints(self, number: int) -> list[str]:
        """Return all checkpoints of a trial that the courier has."""
        found: list[str] = _asked(self._actor.checkpoints.remote(number))
        return found

    def fetch(self, relative: str) -> Path:
        """Copy a file of the run to this node, once."""
        path = self.root / relative
        if not path.is_file():
            size = _asked(self._actor.size.remote(relative))
            with written_atomically(path, durable=False) as file:
                for offset in range(0, size, CHUNK):
                    file.write(_asked(self._actor.get.remote(relative, offset)))
        return path

    def gone(self) -> str:
        """Return nothing: what the courier's disk says comes as its error."""
        return ""

    def leave(self, attempt: Path) -> None:
        """Delete what this node has of the trial."""
        shutil.rmtree(attempt.parent, ignore_errors=True)
        self._sent.clear()

    def _hand_over(self, relative: str, path: Path) -> None:
        found = path.stat()
        now = _Sent(found.st_ino, found.st_mtime_ns, found.st_size)
        before = self._sent.get(relative)
        if now == before:
            return
        if path.name.startswith(GROWING):
            now.size = self._stretches(relative, path, before.size if before else 0)
        elif found.st_size <= CHUNK:
            durable = path.name.startswith(DURABLE)
            _asked(self._actor.put.remote(relative, path.read_bytes(), durable=durable))
        else:
            part = f".{path.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}.partial"
            size = self._stretches(f"{relative.rpartition('/')[0]}/{part}", path, 0)
            _asked(self._actor.complete.remote(relative, part, size))
        self._sent[relative] = now

    def _stretches(self, relative: str, path: Path, offset: int) -> int:
        """Hand over all that comes after an offset; return how many bytes are handed over then."""
        with path.open("rb") as file:
            file.seek(offset)
            while data := file.read(CHUNK):
                _asked(self._actor.put_at.remote(relative, offset, data))
                offset += len(data)
        return offset


class FromCourier:
    """Takes from the courier what this node lacks.

    Args:
        actor: the courier.
        scratch: returns a folder of this worker's own, made when it is needed.
    """

    def __init__(self, actor: ActorHandle, scratch: Callable[[], Path]) -> None:
        self._actor = actor
        self._scratch = scratch

    def images(self, entry: str) -> None:
        """Copy the decoded images into this node's cache, once for all its workers."""
        received(entry, self._copy)

    def plugin(self, path: Path) -> Path:
        """Copy a plugin, where there is no such file here."""
        if plugin_file(path).is_file():
            return path
        copy = self._scratch() / "plugins" / path.name
        if not copy.is_file():
            with written_atomically(copy, durable=False) as file:
                file.write(_asked(self._actor.plugin.remote(str(path))))
        return copy

    def _copy(self, folder: Path) -> None:
        began = time.monotonic()
        files: list[tuple[str, int]] = _asked(self._actor.image_files.remote())
        total = sum(size for _, size in files)
        self._actor.say.remote(f"images: {total / 1e6:,.0f} MB to node {socket.gethostname()}")
        for name, size in files:
            if Path(name).name != name:
                raise DataError(
                    f"the name of a file of decoded images is expected, but the driver's node sent {name!r}"
                )
            with (folder / name).open("xb") as file:
                for offset in range(0, size, CHUNK):
                    file.write(self._chunk(name, offset))
        self._actor.say.remote(
            f"images: node {socket.gethostname()} has them, after {time.monotonic() - began:.1f} s"
        )

    def _chunk(self, name: str, offset: int) -> bytes:
        chunk = _asked(self._actor.image_chunk.remote(name, offset))
        data: bytes = _asked(chunk.data)
        if crc32c(data) != chunk.checksum:
            raise DataError(
                f"the decoded images were damaged on their way to this node: {name} at byte {offset:,}"
            )
        return data


def _asked(answer: Any) -> Any:
    """Return an answer of the courier's.

    Raises:
        OSError: what the courier's disk said, or that there is no courier any more.
    """
    try:
        return ray.get(answer)
    except RayTaskError as error:
        raise error.cause from error
    except RayError as error:
        raise OSError(errno.ENOTCONN, f"the driver's node is out of reach: {error}") from error

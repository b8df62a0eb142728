"""The courier: one actor beside the driver that takes files into the run's folder, and hands out what nodes lack.

A worker that does not see the run's folder (another node, a local path) writes on its own disk and hands each file
over before its report leaves; see `search.tuning.by_courier`. So a run may lie on the driver's disk alone.
The courier lives as long as its driver, and Ray starts it again where it dies: it knows nothing that is not on disk.
"""

from __future__ import annotations

import os
import re
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import ray
from crc32c import crc32c
from ray.actor import ActorHandle
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from search.plan.plugins import plugin_file
from search.runs.layout import RunLayout
from search.training.atomic import written_atomically
from search.tuning.fleet import NAMESPACE, PREFIX, own_prefix
from search.tuning.transport import checkpoints_of

CHUNK = 16 * 2**20
"""Bytes that travel at once: a fifth of the smallest object store that Ray makes (75 MiB)."""

KEPT_CHUNKS = 2
"""Chunks of images that stay in Ray's object store, so that nodes that start together get them from one another."""

AT_ONCE = 8
"""Workers that the courier serves at the same time; the others wait for some milliseconds."""

ASKED = 1.0
"""Seconds between two looks at what the courier has to say."""

INSIDE = re.compile(
    r"trials/[0-9]{1,7}/[0-9]{1,7}/"
    r"([A-Za-z0-9_][A-Za-z0-9._-]{0,199}|\.[A-Za-z0-9_][A-Za-z0-9._-]{0,190}\.partial)"
)
"""What a worker may write: a file of an attempt, or what becomes one, named as `written_atomically` does."""


@dataclass(frozen=True)
class Chunk:
    """A stretch of a file: where it is in Ray's object store, and its checksum (CRC-32C)."""

    data: ray.ObjectRef
    checksum: int


class Courier:
    """Runs as an actor on the driver's node, with several threads.

    Args:
        root: the run's folder.
        images: the folder of the decoded images in this node's cache; None: they are no files.
        plugins: paths of the plan's plugins.
    """

    def __init__(self, root: str, images: str | None, plugins: Sequence[str]) -> None:
        self._run = RunLayout(Path(root))
        self._images = Path(images) if images else None
        self._plugins = frozenset(plugins)
        self._chunks: OrderedDict[tuple[str, int], Chunk] = OrderedDict()
        self._lock = threading.Lock()
        self._said: list[str] = []

    def put(self, relative: str, data: bytes, *, durable: bool) -> None:
        """Write a file whole.

        Args:
            relative: to the run's folder, a file of an attempt.
            data: all of it.
            durable: also after a power cut.

        Raises:
            ValueError: a worker must not write there.
            OSError: the disk refuses.
        """
        with written_atomically(self._inside(relative), durable=durable) as file:
            file.write(data)

    def put_at(self, relative: str, offset: int, data: bytes) -> None:
        """Write a stretch of a file that grows, such as a log; the same stretch twice is no harm.

        Raises:
            ValueError: a worker must not write there.
            OSError: the disk refuses.
        """
        path = self._inside(relative)
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            while data:
                written = os.pwrite(descriptor, data, offset)
                data, offset = data[written:], offset + written
        finally:
            os.close(descriptor)

    def complete(self, relative: str, part: str, size: int) -> None:
        """Let a file that came in stretches take its place, durable.

        Args:
            relative: the place, a file of an attempt.
            part: the name beside it under which its stretches came, by `put_at`.
            size: in bytes.

        Raises:
            ValueError: a worker must not write there.
            OSError: the disk refuses, or not all of it came.
        """
        path = self._inside(relative)
        source = self._inside(relative.rpartition("/")[0] + "/" + part)
        if not source.exists() and path.exists():  # done before: the answer was lost
            return
        if source.stat().st_size != size:
            raise OSError(f"{source}: {size} bytes are expected, but {source.stat().st_size} came")
        with source.open("rb") as file:
            os.fsync(file.fileno())
        source.replace(path)

    def remove(self, relative: str) -> None:
        """Delete a file of an attempt, if it is there."""
        self._inside(relative).unlink(missing_ok=True)

    def checkpoints(self, number: int) -> list[str]:
        """Return all checkpoints of a trial, of any attempt, relative to the run's folder."""
        return checkpoints_of(self._run, number)

    def size(self, relative: str) -> int:
        """Return the size of a file of an attempt, in bytes."""
        return self._inside(relative).stat().st_size

    def get(self, relative: str, offset: int) -> bytes:
        """Return at most `CHUNK` bytes of a file of an attempt."""
        return _stretch(self._inside(relative), offset)

    def image_files(self) -> list[tuple[str, int]]:
        """Return names and sizes in bytes of the files of the decoded images.

        Raises:
            OSError: they are gone from the cache of the driver's node.
        """
        if self._images is None:
            raise FileNotFoundError("the search has no decoded images")
        return sorted((path.name, path.stat().st_size) for path in self._images.iterdir())

    def image_chunk(self, name: str, offset: int) -> Chunk:
        """Return a stretch of at most `CHUNK` bytes of the decoded images, put into Ray's object store once.

        Args:
            name: of a file that `image_files` names.
            offset: a multiple of `CHUNK`.
        """
        if self._images is None or Path(name).name != name:
            raise ValueError(f"a file of the decoded images is expected, but got {name!r}")
        with self._lock:
            if (name, offset) not in self._chunks:
                data = _stretch(self._images / name, offset)
                while len(self._chunks) >= KEPT_CHUNKS:
                    self._chunks.popitem(last=False)
                self._chunks[name, offset] = Chunk(ray.put(data), crc32c(data))
            return self._chunks[name, offset]

    def plugin(self, path: str) -> bytes:
        """Return the text of one of the plan's plugins.

        Raises:
            ValueError: it is none.
        """
        if path not in self._plugins:
            raise ValueError(f"a plugin of the plan is expected, but got {path!r}")
        return plugin_file(Path(path)).read_bytes()

    def say(self, text: str) -> None:
        """Take a line for the user."""
        self._said.append(text)

    def said(self) -> list[str]:
        """Return the lines for the user that came since the last call."""
        said, self._said = self._said, []
        return said

    def _inside(self, relative: str) -> Path:
        if not INSIDE.fullmatch(relative):
            raise ValueError(f"a file such as trials/3/1/log is expected, but got {relative[:100]!r}")
        return self._run.root / relative


@contextmanager
def courier(
    layout: RunLayout, *, images: Path | None, plugins: Sequence[str], say: Callable[[str], None]
) -> Iterator[str]:
    """Have a courier on this node while this is entered. Ray must have been started.

    Args:
        layout: of the run.
        images: the folder of the decoded images in this machine's cache; None: they are no files.
        plugins: paths of the plan's plugins.
        say: takes lines for the user, from a thread of its own.

    Yields:
        The courier's name, for `Assignment.courier`.
    """
    name = f"{own_prefix()}{uuid.uuid4().hex}"
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    actor = (
        ray.remote(Courier)
        .options(
            name=name,
            namespace=NAMESPACE,
            num_cpus=0,
            scheduling_strategy=here,
            max_concurrency=AT_ONCE,
            max_restarts=-1,
            max_task_retries=-1,
        )
        .remote(str(layout.root), str(images) if images else None, list(plugins))
    )
    token = seen(layout.root, name)
    try:
        for left in layout.root.glob(f".{PREFIX}*"):  # of a driver that was killed
            left.unlink(missing_ok=True)
        token.touch()
        with _listening(actor, say):
            yield name
    finally:
        try:
            ray.kill(actor)  # first: while the storage is away its file may be refused, or held up
        finally:
            with suppress(OSError):  # the next courier of this run deletes it
                token.unlink(missing_ok=True)


def seen(root: Path, name: str) -> Path:
    """Return the file by which a worker tells that the folder it sees is that of its own run.

    Its name is new for each driver, so that no cache of a network file system knows anything of it.

    Args:
        root: the run's folder.
        name: of the courier.
    """
    return root / f".{name}"


@contextmanager
def _listening(actor: ActorHandle, say: Callable[[str], None]) -> Iterator[None]:
    """Hand over what the courier has to say, until this is left."""
    over = threading.Event()

    def listen() -> None:
        last = False
        while not last:
            last = over.wait(ASKED)
            with suppress(RayError):  # it is being started again
                for line in ray.get(actor.said.remote(), timeout=None if not last else ASKED):
                    say(line)

    thread = threading.Thread(target=listen, name="courier", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(2 * ASKED)


def _stretch(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(CHUNK)

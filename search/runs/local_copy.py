"""A published run on this machine: where it lies, what of it stands in the bucket, and how it comes from there."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from search.plan.place import prefix
from search.runs.bucket_lease import NAME, BucketLease, read_claim
from search.runs.layout import RunLayout, write_json
from search.runs.lease import holder
from search.training.bucket import Bucket, copy_down
from search.training.cache_folder import cached_for, locked

FILE = ".published.json"
"""In the run on this machine: which copy it is, and what of it stands in the bucket."""

SMALL = ("plan.yaml", "study.journal", ".json")
"""What a look at a run needs ends so."""

OWN = (NAME, "driver.json", "fetched.json")
"""How the files of a run begin that each machine writes for itself."""

Stand = tuple[int, int, int]
"""What tells a version of a file from another: inode, time of the last change in ns, size in bytes."""


@dataclass(frozen=True)
class LocalCopy:
    """A random id of this copy of a run, the run's address, and how each file stood when it was published."""

    id: str
    address: str
    files: dict[str, Stand] = field(default_factory=dict)


def local_runs(address: str) -> Path:
    """Return where this machine keeps the runs of a bucket's prefix."""
    return _kept("runs", address)


def local_root(address: str) -> Path:
    """Return where this machine keeps a run of a bucket.

    Raises:
        OSError: there is no bucket in the address, or a part of it is no name.
    """
    return _of_run("runs", address)


def _of_run(kind: str, address: str) -> Path:
    prefix(address)  # a run named '..' would lie among those of others
    runs, _, name = address.rstrip("/").rpartition("/")
    return _kept(kind, runs) / name


def _kept(kind: str, address: str) -> Path:
    """Return a folder of the cache that belongs to an address; no name below it is taken by another ``kind``."""
    return cached_for(kind, address.rstrip("/")).resolve()


def new_copy(address: str) -> LocalCopy:
    """Return a copy of which nothing is published."""
    return LocalCopy(uuid.uuid4().hex, address)


def published_at(root: Path) -> str | None:
    """Return the address of a run on this machine that is published; None: it is not."""
    copy = read_copy(root)
    return copy.address if copy else None


def read_copy(root: Path) -> LocalCopy | None:
    """Return which copy a run on this machine is; None: it was never published."""
    try:
        said = json.loads((root / FILE).read_text(encoding="utf-8"))
        files = {name: tuple(stand) for name, stand in said["files"].items()}
        return LocalCopy(said["id"], said["address"], files)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def write_copy(root: Path, copy: LocalCopy) -> None:
    """Write down what is published: where that is lost, all is published again."""
    write_json(root / FILE, asdict(copy), durable=False)


def files_of(root: Path) -> dict[str, Stand]:
    """Return how the files of a run stand that others may read: not those of its driver alone, nor unfinished ones.

    Raises:
        OSError: a folder cannot be read: what is in it is not gone.
    """
    found: dict[str, Stand] = {}
    for folder, folders, names in os.walk(root, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not of_others(name):
                continue
            path = Path(folder) / name
            if (stand := stand_of(path)) is not None:
                found[path.relative_to(root).as_posix()] = stand
    return found


def of_others(name: str) -> bool:
    """Tell of the name of a file below a run whether others may read it, here and in a bucket.

    What a machine notes for itself would, from a bucket, tell this one where a run comes from, or who drives it.
    """
    *folders, file = name.split("/")
    hidden = any(part.startswith(".") for part in (*folders, file))
    return not (hidden or file.endswith(".lock") or file.startswith(OWN))


def stand_of(path: Path) -> Stand | None:
    """Return how a file stands; None where there is none, or no longer."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def _refuse(error: OSError) -> None:
    """Pass on what `os.walk` would swallow, but for a folder that was deleted since its parent was read."""
    if not isinstance(error, FileNotFoundError):
        raise error


def bring(address: str, *, say: Callable[[str], None]) -> Path:
    """Return the folder on this machine with a run of a bucket, fetched where another machine has published it last.

    Args:
        address: `s3://bucket/prefix/run`.
        say: takes a line for the user.

    Raises:
        FileNotFoundError: there is no run.
        RunIsHeld: a driver on another machine goes on with it.
        OSError: the bucket is out of reach.
    """
    with locked(_of_run("fetching", address)):  # two verbs at once fetch it once
        return _bring(address, say)


def _bring(address: str, say: Callable[[str], None]) -> Path:
    bucket, root = Bucket(address), local_root(address)
    own, last = read_copy(root), read_claim(bucket)
    if own is not None and (last is None or last.copy == own.id or holder(RunLayout(root))):
        return root
    if bucket.find("plan.yaml") is None:
        raise FileNotFoundError(f"{address}: this is no run: there is no plan.yaml in it")
    BucketLease(bucket, own.id if own else "").refuse_if_held()
    if root.exists():
        aside = root.with_name(f"{root.name}.aside-{time.time_ns()}")
        root.rename(aside)
        say(f"{address} was published by another machine since; what this one had of it is now in {aside}")
    partial = _of_run("coming", address)
    say(f"{address}: the run is fetched to {root}")
    copy_down(bucket, partial, wanted=of_others)
    write_copy(partial, LocalCopy(uuid.uuid4().hex, address.rstrip("/"), files_of(partial)))
    root.parent.mkdir(parents=True, exist_ok=True)
    partial.rename(root)
    return root


def mirror(address: str) -> Path:
    """Return a folder with what a look at a run of a bucket needs; only what changed is fetched.

    Args:
        address: `s3://bucket/prefix/run`.

    Raises:
        FileNotFoundError: there is no run.
        OSError: the bucket is out of reach.
    """
    folder = _of_run("mirrors", address)
    # Two looks at once would each remove what the other has not yet whole. Beside the folder, the lock of a run
    # `a` would lie where the mirror of a run `a.lock` does.
    with locked(_of_run("locks", address)):
        copy_down(Bucket(address), folder, wanted=_for_a_look)
    if not RunLayout(folder).plan.is_file():
        raise FileNotFoundError(f"{address}: this is no run: there is no plan.yaml in it")
    return folder


def _for_a_look(name: str) -> bool:
    return name == NAME or (name.endswith(SMALL) and of_others(name))

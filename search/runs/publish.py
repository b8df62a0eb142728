"""A run in a bucket: the driver keeps it on its own disk, and a thread publishes what changed, whole objects.

A reader always finds a record whose files are there: the journals are read first, then every other file that changed is
published as it is then, then those journals, and at last what the driver has deleted is deleted. A bucket that is out
of reach delays all this and stops nothing.
"""

from __future__ import annotations

import errno
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

from search.plan.command import command
from search.runs.bucket_lease import BucketLease
from search.runs.layout import RunLayout
from search.runs.lease import Lease, RunIsHeld, holder
from search.runs.local_copy import (
    LocalCopy,
    Stand,
    files_of,
    new_copy,
    published_at,
    read_copy,
    stand_of,
    write_copy,
)
from search.training.bucket import Bucket

EVERY = 10.0
"""Seconds between two snapshots."""

PAUSES = (1.0, 30.0)
"""Seconds before the first and before later attempts while the bucket is out of reach; they double."""

AT_ONCE = 4
"""Uploads at the same time: the link is the trials', too."""

STAGE = ".publish"
"""The folder in a run where what is being published is kept from being deleted or replaced meanwhile."""

JOURNALS = ("winner/confirmation/study.journal", "study.journal")
"""The records of a run: what they name must be there before them."""

LAST = (*JOURNALS, "plan.yaml")
"""Published after all others, in this order: by its plan a reader finds a run."""


class Publisher:
    """Publishes one run while it is `publishing`.

    Args:
        layout: of the run on this machine.
        bucket: the run's prefix.
        lease: the right to publish it, claimed.
        copy: what of it is published already.
        say: takes lines for the user, from a thread of its own.
    """

    def __init__(
        self,
        layout: RunLayout,
        bucket: Bucket,
        lease: BucketLease,
        copy: LocalCopy,
        *,
        say: Callable[[str], None],
    ) -> None:
        self._layout = layout
        self._bucket = bucket
        self._lease = lease
        self._say = say
        self._copy = copy
        self._over = threading.Event()
        self._all_there = threading.Event()
        self._beating = threading.Lock()
        self._lost: RunIsHeld | None = None
        self._failed: Exception | None = None

    @contextmanager
    def publishing(self) -> Iterator[None]:
        """Publish what changes while this is entered; on leaving wait until all is published. Ctrl-C ends the waiting.

        Raises:
            RunIsHeld: on leaving, where another driver has taken the run.
        """
        thread = threading.Thread(target=self._run, name="publish", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._wait()
            thread.join(1.0)
        self.check()

    def check(self) -> None:
        """Make sure that the run is still this driver's.

        Raises:
            RunIsHeld: another one has taken it, after this one could not reach the bucket for a while.
        """
        if self._lost is not None:
            raise self._lost
        if self._failed is not None:
            raise self._failed

    def publish(self) -> None:
        """Publish one snapshot.

        Raises:
            RunIsHeld: another driver has taken the run.
            OSError: the bucket is out of reach, or the run's folder on this machine is.
        """
        self._beat()
        root, published = self._layout.root, self._copy.files
        journals = {
            name: stand
            for name in JOURNALS
            if (stand := stand_of(root / name)) and published.get(name) != stand and self._stage(name)
        }
        files = files_of(root)
        if "plan.yaml" not in files:  # an empty mount point must not empty the bucket
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), str(self._layout.plan))
        due = {n: stand for n, stand in files.items() if n not in JOURNALS and published.get(n) != stand}
        # Links: what the driver deletes or replaces meanwhile is published as it is now.
        staged = {name: stand for name, stand in due.items() if self._stage(name)} | journals
        gone = [name for name in published if name not in files]
        try:
            self._upload_all(staged)
            for name in gone:
                self._bucket.delete(name)
                del published[name]
        finally:
            shutil.rmtree(root / STAGE, ignore_errors=True)
        if staged or gone:
            write_copy(root, self._copy)

    def _upload_all(self, staged: Mapping[str, Stand]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for name in pool.map(self._upload, [name for name in staged if name not in LAST]):
                self._copy.files[name] = staged[name]
        self._beat()  # nobody has taken the run while this went on
        for name in LAST:
            if name in staged:
                self._upload(name)
                self._copy.files[name] = staged[name]

    def _run(self) -> None:
        try:
            while not self._all_there.is_set():
                last = self._over.is_set()
                if not self._persistently() or last:
                    return
                self._over.wait(EVERY)
        except Exception as error:  # the driver learns of it by `check`
            self._failed = error
        finally:
            self._all_there.set()

    def _persistently(self) -> bool:
        """Publish a snapshot, however long that takes; return whether the run is still this driver's."""
        began, pause = time.monotonic(), 0.0
        while not self._all_there.is_set():
            try:
                self.publish()
            except RunIsHeld as error:
                self._lost = error
                return False
            except OSError as error:
                if not pause:
                    self._say(
                        f"{error.filename or self._bucket.address} is out of reach ({_first_line(error)}): the "
                        "search goes on, and what is new is published when it is back"
                    )
                pause = min(max(2 * pause, PAUSES[0]), PAUSES[1])
                # The end of the search is a moment to try again.
                (self._all_there if self._over.is_set() else self._over).wait(pause)
            else:
                if pause:
                    self._say(
                        f"{self._bucket.address} is back after {time.monotonic() - began:.0f} s: all is published"
                    )
                return True
        return False

    def _wait(self) -> None:
        """Wait for the last snapshot; say so where it takes a while."""
        try:
            if not self._all_there.wait(1.0):
                self._say(f"Publishing the last of it to {self._bucket.address}; Ctrl-C leaves.")
                self._all_there.wait()
        except KeyboardInterrupt:
            self._all_there.set()
            self._say(
                f"Not all is published: the run is whole in {self._layout.root}, and "
                f"`{command('resume', self._bucket.address)}` on this machine publishes the rest."
            )
            return
        if self._lost is None:
            with suppress(OSError):  # it will be free when no sign of life comes
                self._lease.release()

    def _stage(self, name: str) -> bool:
        """Keep a file as it is now; return whether there is one."""
        place = self._layout.root / STAGE / name
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            if name in JOURNALS:
                place.write_bytes(_whole_lines((self._layout.root / name).read_bytes()))
            else:
                place.unlink(missing_ok=True)
                os.link(self._layout.root / name, place)
        except FileNotFoundError:
            return False
        return True

    def _beat(self) -> None:
        """Give a sign of life, where one is due; uploads may take longer than it lasts.

        Raises:
            RunIsHeld: another driver has taken the run.
        """
        with self._beating:
            self._lease.beat()

    def _upload(self, name: str) -> str:
        self._beat()
        self._bucket.upload(self._layout.root / STAGE / name, name)
        return name


@contextmanager
def published(
    layout: RunLayout, address: str | None, lease: Lease, *, say: Callable[[str], None]
) -> Iterator[None]:
    """Publish a run while this is entered.

    Args:
        layout: of the run on this machine.
        address: `s3://bucket/prefix/run`; None: nothing is published.
        lease: the right to write the run; its driver ends where another machine has taken the run.
        say: takes lines for the user.

    Raises:
        RunIsHeld: a driver on another machine goes on with it.
        OSError: the bucket is out of reach before anything has begun.
    """
    if address is None:
        yield
        return
    copy = read_copy(layout.root) or new_copy(address.rstrip("/"))
    write_copy(layout.root, copy)
    bucket = Bucket(address)
    held = BucketLease(bucket, copy.id)
    held.claim()
    publisher = Publisher(layout, bucket, held, copy, say=say)
    lease.watch(publisher.check)
    with publisher.publishing():
        yield


@contextmanager
def written(layout: RunLayout, *, say: Callable[[str], None]) -> Iterator[Lease | None]:
    """Let something else than its search write into a run; where the run is in a bucket, that is published, too.

    Args:
        layout: of the run on this machine.
        say: takes lines for the user.

    Yields:
        The right to write the run, held meanwhile. None where nothing is published from here: the run is in no bucket,
        or its search goes on here, whose driver publishes all that is in the folder; where it has ended meanwhile,
        the rest is published on leaving.

    Raises:
        RunIsHeld: a driver on another machine goes on with it.
        OSError: the bucket is out of reach before anything has begun.
    """
    address = published_at(layout.root)
    if address is None:
        yield None
        return
    if holder(layout) is not None:
        yield None
        _publish_rest(layout, address, say=say)
        return
    with Lease(layout) as lease, published(layout, address, lease, say=say):
        yield lease


def _publish_rest(layout: RunLayout, address: str, *, say: Callable[[str], None]) -> None:
    """Publish what was written beside a search, unless its driver is still there to do it; else say where it is."""
    if holder(layout) is not None:
        return
    try:
        with Lease(layout) as lease, published(layout, address, lease, say=say):
            pass
    except (RunIsHeld, OSError) as error:  # what was written is whole here
        say(f"What was written into {layout.root} is not published in {address}: {error}")


def _whole_lines(content: bytes) -> bytes:
    return content[: content.rfind(b"\n") + 1]


def _first_line(error: OSError) -> str:
    return (error.strerror or str(error)).split("\n")[0][:120]

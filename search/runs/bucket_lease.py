"""One driver a run also where the run is published in a bucket: who publishes it, in an object of the run.

A bucket has no locks. Whoever wants the run writes his name into the object, waits, and reads: of two who began at the
same time the one whose name stands there has it (Fischer's algorithm: right as long as no request takes longer than the
wait). The name is written again as a sign of life; ages are differences of the bucket's own times, whatever the clocks
of the machines say.
"""

from __future__ import annotations

import json
import os
import socket
import time
import uuid
from dataclasses import asdict, dataclass

from search.runs.lease import PUBLISHED, Holder, held
from search.training.bucket import Bucket

NAME = "publisher.json"
"""Of the object."""

BEAT = 20.0
"""Seconds between two signs of life."""

SETTLE = 2.0
"""Seconds that a claim waits before it reads; a request takes 20 to 100 ms, and is given up after some seconds."""


@dataclass(frozen=True)
class Claim:
    """Who publishes a run: the id of this hold, that of the local copy, the process; whether it has let go."""

    hold: str
    copy: str
    host: str
    process: int
    start: float
    released: bool = False

    def driver(self) -> Holder:
        """Return who drives the run, with a sign of life now."""
        return Holder(self.host, self.process, self.start, time.time())


class BucketLease:
    """The right to publish a run.

    Args:
        bucket: the run's prefix.
        copy: the id of the local copy that is published.
    """

    def __init__(self, bucket: Bucket, copy: str) -> None:
        self._bucket = bucket
        self._own = Claim(uuid.uuid4().hex, copy, socket.gethostname(), os.getpid(), time.time())
        self._beaten = 0.0

    def claim(self) -> None:
        """Take the run.

        Raises:
            RunIsHeld: a driver elsewhere publishes it, and has given a sign of life.
            OSError: the bucket is out of reach.
        """
        self.refuse_if_held()
        self._write(self._own)
        time.sleep(SETTLE)
        self.check()

    def refuse_if_held(self) -> None:
        """Take nothing, but raise what `claim` would raise at once."""
        found = read_claim(self._bucket)
        # A local copy has one driver (its lock sees to that): its own last hold is that of a driver that died.
        if found and not found.released and found.copy != self._own.copy and self._age() < PUBLISHED:
            raise held(self._bucket.address, found.driver())

    def check(self) -> None:
        """Make sure that the run is still this driver's.

        Raises:
            RunIsHeld: another one has taken it.
            OSError: the bucket is out of reach.
        """
        found = read_claim(self._bucket)
        if found is not None and found.hold != self._own.hold:
            raise held(self._bucket.address, found.driver())

    def beat(self) -> None:
        """Give a sign of life, at most every `BEAT` seconds; see `check` for what it raises."""
        if time.monotonic() - self._beaten >= BEAT:
            self.check()
            self._write(self._own)

    def release(self) -> None:
        """Let go of the run; see `check` for what it raises."""
        self.check()
        self._write(Claim(**{**asdict(self._own), "released": True}))

    def _write(self, said: Claim) -> None:
        self._bucket.write(NAME, json.dumps(asdict(said)).encode())
        self._beaten = time.monotonic()

    def _age(self) -> float:
        """Return how long ago the object was written, in seconds of the bucket's own clock."""
        probe = f"{NAME}.{self._own.hold}"
        self._bucket.write(probe, b"")
        try:
            now, then = self._bucket.find(probe), self._bucket.find(NAME)
        finally:
            self._bucket.delete(probe)
        return (now.changed - then.changed) / 1e9 if now and then else PUBLISHED


def read_claim(bucket: Bucket) -> Claim | None:
    """Return who publishes a run; None: nobody has, or what stands there is damaged.

    Raises:
        OSError: the bucket is out of reach.
    """
    try:
        return Claim(**json.loads(bucket.read(NAME)))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def driver_of(bucket: Bucket) -> Holder | None:
    """Return who drives and publishes a run now; None: nobody, or one who has given no sign of life for too long.

    Nothing is written, so the age is by this machine's clock, and as wrong as that is.

    Raises:
        OSError: the bucket is out of reach.
    """
    claim, written = read_claim(bucket), bucket.find(NAME)
    if claim is None or claim.released or written is None:
        return None
    beat = written.changed / 1e9
    return Holder(claim.host, claim.process, claim.start, beat) if time.time() - beat < PUBLISHED else None

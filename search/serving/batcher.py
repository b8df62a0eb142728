"""Dynamic batching: images of many requests become one call of the model.

Ray Serve's own ``@serve.batch`` gathers within a replica, after each request has paid for a call of its own: 2.3 ms of
CPU time on each side (Ray 2.60, AMD EPYC 9004), where a small network takes 0.5 ms. Here a batch is one call.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from search.serving.refused import Refused
from search.training.data.source import Images

Probabilities = npt.NDArray[np.float32]

Classify = Callable[[Images], Awaitable[Probabilities]]
"""From images (N, H, W, C) to probabilities (N, classes)."""


@dataclass(frozen=True, eq=False)
class Waiting:
    """An image (H, W, C), where its probabilities (classes,) go, and when it came."""

    image: Images
    answer: asyncio.Future[Probabilities]
    came: float


class Batcher:
    """Gathers images until a batch is full, or its first one has waited long enough.

    A batch leaves only when fewer than ``at_once`` are under way, so that images gather while the model computes. Who
    comes to an idle server alone does not wait at all.

    Args:
        classify: computes a batch.
        largest: images of a batch.
        wait: seconds that a batch waits for more.
        at_once: batches under way.
        most_waiting: images; who comes then is refused.
    """

    def __init__(
        self,
        classify: Classify,
        *,
        largest: int = 32,
        wait: float = 0.005,
        at_once: int = 2,
        most_waiting: int = 4096,
    ) -> None:
        self._classify = classify
        self._largest = largest
        self._wait = wait
        self._at_once = at_once
        self._most_waiting = most_waiting
        self._waiting: deque[Waiting] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._last = 1
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        """Return how many images wait."""
        return len(self._waiting)

    async def __call__(self, image: Images) -> Probabilities:
        """Return the probabilities (classes,) of an image (H, W, C).

        Raises:
            Refused: too many images wait.
            Exception: whatever the call of its batch raised.
        """
        if len(self._waiting) >= self._most_waiting:
            raise Refused(
                429, f"The server is busy: {len(self._waiting)} images wait. Try again in a second."
            )
        answer: asyncio.Future[Probabilities] = asyncio.get_running_loop().create_future()
        self._waiting.append(Waiting(image, answer, time.monotonic()))
        self._changed.set()
        return await answer

    async def run(self) -> None:
        """Send batches, until cancelled."""
        try:
            while True:
                if due := self._due_in():
                    await self._change(due)
                elif batch := self._next():
                    task = asyncio.create_task(self._send(batch))
                    self._running.add(task)
                    task.add_done_callback(self._ended)
        finally:
            for task in self._running:
                task.cancel()

    def _due_in(self) -> float:
        """Return in how many seconds a batch is to leave; infinite: not before something changes."""
        if not self._waiting or len(self._running) >= self._at_once:
            return float("inf")
        alone = self._last == 1 and not self._running
        if alone or len(self._waiting) >= self._largest:
            return 0.0
        return max(0.0, self._waiting[0].came + self._wait - time.monotonic())

    async def _change(self, seconds: float) -> None:
        """Wait until an image comes, a batch ends, or the time is over."""
        self._changed.clear()
        try:
            async with asyncio.timeout(None if seconds == float("inf") else seconds):
                await self._changed.wait()
        except TimeoutError:
            pass

    def _next(self) -> list[Waiting]:
        """Take the next batch, without those whose client has gone."""
        batch: list[Waiting] = []
        while self._waiting and len(batch) < self._largest:
            one = self._waiting.popleft()
            if not one.answer.done():
                batch.append(one)
        return batch

    async def _send(self, batch: list[Waiting]) -> None:
        self._last = len(batch)
        try:
            rows = await self._classify(np.stack([one.image for one in batch]))
        except Exception as error:
            for one in batch:
                if not one.answer.done():
                    one.answer.set_exception(error)
            return
        for one, row in zip(batch, rows, strict=True):
            if not one.answer.done():
                one.answer.set_result(row)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._changed.set()

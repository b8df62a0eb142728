"""A thousand workers and one driver that serves them one by one, on a simulated clock.

Epochs take simulated seconds; a decision takes as long as it really took (`benchmarks.scaling.clock`), and everybody
else waits meanwhile. So a decision that is slow, or a queue before it, costs worker time here as it would on a cluster.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

Kind = Literal["first trial", "next trial", "decision"]
"""What a worker waits for: work at the start, work after a trial, leave to go on with its trial."""


@dataclass(frozen=True)
class Answer:
    """What a worker is told.

    ``epoch`` is how long its next epoch takes, in simulated seconds; None: there is no work for it now. ``cost`` is
    how long the driver worked on the answer, in seconds. ``new``: the epoch is the first one of another trial.
    """

    epoch: float | None
    cost: float
    new: bool = False


class Desk(Protocol):
    """Who is asked. ``now`` is the simulated time at which it begins to look at the worker."""

    def ask(self, worker: int, now: float) -> Answer:
        """Give work to a worker that has none."""

    def report(self, worker: int, now: float) -> Answer:
        """Take the end of an epoch; the answer is the trial's next epoch, or another trial's first one."""


@dataclass
class Waits:
    """Seconds that workers waited for one kind of answer, each one's."""

    seconds: list[float] = field(default_factory=list)

    @property
    def total(self) -> float:
        """All of them."""
        return sum(self.seconds)

    def quantile(self, share: float) -> float:
        """Return the wait that so large a share (0-1) of the answers does not exceed; 0 without any."""
        found = sorted(self.seconds)
        return found[min(int(share * len(found)), len(found) - 1)] if found else 0.0


@dataclass(frozen=True)
class Outcome:
    """How the workers' time was used; simulated seconds.

    ``training`` is what they trained and ``waits`` what they waited, in all; a worker for which there was no work
    any more is not waiting. ``busy`` is the driver's work, ``span`` the time from the start to the last answer.
    """

    training: float
    waits: dict[Kind, Waits]
    busy: float
    span: float

    @property
    def waited(self) -> float:
        """Worker seconds without a decision."""
        return sum(waits.total for waits in self.waits.values())

    @property
    def idle(self) -> float:
        """The share (0-1) of the workers' time that was idle for want of a decision."""
        return self.waited / ((self.waited + self.training) or 1.0)


class Queue:
    """Serves in the order of arrival; at equal times the worker of the lower number comes first.

    Who was told that there is no work asks again when somebody else has been answered: that costs the driver time, but
    is no wait.

    Args:
        desk: answers.
        workers: how many there are.
    """

    def __init__(self, desk: Desk, workers: int) -> None:
        self._desk = desk
        self._arrivals: list[tuple[float, int, Kind]] = [(0.0, n, "first trial") for n in range(workers)]
        self._without_work: deque[int] = deque()
        self._free_at = 0.0
        self._training = self._busy = 0.0
        self._waits: dict[Kind, Waits] = {
            "first trial": Waits(),
            "next trial": Waits(),
            "decision": Waits(),
        }

    def run(self, *, enough: Callable[[], bool] = lambda: False) -> Outcome:
        """Serve until nobody has work, or it is enough."""
        while self._arrivals and not enough():
            asks_again = self._without_work.popleft() if self._without_work else None
            self._serve(*heapq.heappop(self._arrivals))
            if asks_again is not None:
                self._ask_again(asks_again)
        return Outcome(self._training, self._waits, self._busy, self._free_at)

    @property
    def over(self) -> bool:
        """Whether nobody has work any more."""
        return not self._arrivals

    def _serve(self, arrived: float, worker: int, kind: Kind) -> None:
        call = self._desk.ask if kind == "first trial" else self._desk.report
        answer = self._answered(call, worker, max(arrived, self._free_at))
        if answer.epoch is None:
            self._without_work.append(worker)
        else:
            waited: Kind = "next trial" if kind == "decision" and answer.new else kind
            self._waits[waited].seconds.append(self._free_at - arrived)
            self._train(worker, answer.epoch)

    def _ask_again(self, worker: int) -> None:
        answer = self._answered(self._desk.ask, worker, self._free_at)
        if answer.epoch is None:
            self._without_work.appendleft(worker)
        else:
            self._train(worker, answer.epoch)

    def _answered(self, call: Callable[[int, float], Answer], worker: int, now: float) -> Answer:
        answer = call(worker, now)
        self._free_at = now + answer.cost
        self._busy += answer.cost
        return answer

    def _train(self, worker: int, seconds: float) -> None:
        self._training += seconds
        heapq.heappush(self._arrivals, (self._free_at + seconds, worker, "decision"))

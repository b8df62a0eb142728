"""Drives one search: answers workers through the Policy, keeps the run folder, applies what others ask for.

Knows no Ray: `search.tuning.bridge` translates Ray Tune's calls into these.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from search.plan.plan import Plan
from search.plan.trial_config import Value
from search.plan.vocabulary import Vocabulary
from search.runs import requests
from search.runs.account import Account, Accountant
from search.runs.keeper import keep_trial, kept_status, prune_checkpoints
from search.runs.layout import RunLayout
from search.runs.lease import Lease
from search.runs.progress import Progress, progress
from search.runs.ranking import Scoring
from search.runs.record import ENDED, Ending, TrialRecord
from search.runs.requests import BadRequest, Request
from search.training.report import Report
from search.tuning.answers import Decision, Done, Start, Wait
from search.tuning.policy import Policy
from search.tuning.stint import Assignment, StepResult

TICK = 0.25
"""Seconds between two looks at the requests and two snapshots of the progress."""


SETTLE = 0.1
"""Seconds from the end of a stint until its files are kept: the worker gets its next trial first, and it waits
for the driver."""


@dataclass(frozen=True)
class Snapshot:
    """What the live display shows: progress, costs and forecast, images per second in all, seconds elapsed."""

    progress: Progress
    account: Account
    images_per_second: float
    elapsed: float


Listener = Callable[[Snapshot], None]
"""Is told how the search stands, from the driver's own thread, a few times a second."""


class Driver:
    """One search while it runs.

    Args:
        plan: what to do.
        vocabulary: completes a point with the recipe's defaults.
        policy: decides.
        layout: where the run is kept.
        lease: the right to write it.
        listener: is told how it stands.
        seconds: time budget of this call; None: none.
        tested: tells of a trial whether it looks at the test images after its last epoch.
    """

    def __init__(
        self,
        plan: Plan,
        vocabulary: Vocabulary,
        policy: Policy,
        layout: RunLayout,
        lease: Lease,
        *,
        listener: Listener,
        seconds: float | None = None,
        tested: Callable[[TrialRecord], bool] = lambda _: False,
    ) -> None:
        self.policy = policy
        self.reason = ""
        self._plan = plan
        self._vocabulary = vocabulary
        self.layout = layout
        self._lease = lease
        self.listener = listener
        self._seconds = seconds
        self._tested = tested
        self._began = time.monotonic()
        self._looked = 0.0
        self._placed: set[tuple[int, int]] = set()
        self._metrics: dict[int, Mapping[str, float]] = {}
        self._left: dict[int, float] = {}
        self.scoring = Scoring.of(plan.objective)
        self._accountant = Accountant(plan, layout)

    def ask(self) -> Assignment | None:
        """Return what a free worker does next; None: nothing now. `reason` is set once the search is over."""
        with self.policy.together():
            answer = self.policy.ask()
        if isinstance(answer, Done):
            self.reason = answer.reason
        if isinstance(answer, Done | Wait):
            return None
        self._left[answer.number] = time.monotonic()  # trial.json says from the start what is trained
        return self._assignment(answer)

    def result(self, result: StepResult) -> Decision:
        """Take what a worker says of an epoch; anything but CONTINUE ends its stint, see `leave`.

        Raises:
            OSError: the worker cannot read the images or write the run: the search must end, no trial is to blame.
        """
        if result.attempt != self.policy.record(result.number).attempt:
            return Decision.STOP
        if result.no_fault:
            raise OSError(result.no_fault)
        with self.policy.together():
            self._place(result)
            return self._report(result)

    def leave(self, number: int, ending: Ending, reason: str = "", *, attempt: int | None = None) -> None:
        """A worker has left a trial; what its folder keeps of it follows at a later `tick`."""
        with self.policy.together():
            self.policy.finish(number, ending, reason, attempt=attempt)
        self._left[number] = time.monotonic()

    def tick(self) -> None:
        """Do what is due between two events: heartbeat, requests, time budget, progress."""
        now = time.monotonic()
        if now - self._looked < TICK:
            return
        self._looked = now
        self._keep_all(left_before=now - SETTLE)
        self._lease.beat()
        if self._seconds is not None and now - self._began >= self._seconds:
            self.policy.stop(f"the time budget of {self._seconds:g} s is used up")
        self.apply_requests()
        self.listener(self.snapshot())

    def snapshot(self) -> Snapshot:
        """Return how the search stands."""
        records = self.policy.records
        running = [record.number for record in records if record.status == "running"]
        images = sum(self._metrics.get(n, {}).get("train/images_per_second", 0.0) for n in running)
        stands = progress(
            records,
            budget=self.policy.budget.trials,
            epochs=self.policy.budget.epochs,
            workers=self.policy.workers,
            scoring=self.scoring,
        )
        account = self._accountant.account(records, left=stands.left)
        return Snapshot(stands, account, images, time.monotonic() - self._began)

    def apply_requests(self) -> None:
        """Apply what others asked for, oldest first, and answer each; what was applied before a crash is not again."""
        for path in requests.pending(self.layout):
            try:
                request = requests.read(path)
                message = "applied already" if self.policy.applied(request.id) else self._apply(request)
                requests.answer(self.layout, path, applied=True, message=message)
            except BadRequest as error:
                requests.answer(self.layout, path, applied=False, message=str(error))

    def abandon(self) -> None:
        """Let every running trial wait to go on: the workers are gone, the record stays."""
        for record in self.policy.records:
            if record.status == "running":
                self.leave(record.number, "paused")
        self._keep_all(left_before=math.inf)

    def repair(self) -> None:
        """Write again what a crash may have kept from being written, from the record."""
        records = self.policy.records
        ended = [record.number for record in records if record.status in ENDED]
        for number in ended:
            if kept_status(self.layout, number) != records[number].status:
                self._keep(number)
        prune_checkpoints(self.layout, records, ended, self.scoring)

    def _assignment(self, start: Start) -> Assignment:
        return Assignment(
            run=str(self.layout.root),
            number=start.number,
            attempt=start.attempt,
            config=self._plan.trial_config(start.config, seed=start.seed, vocabulary=self._vocabulary),
            checkpoint=start.checkpoint,
            data_dir=self._plan.data.dir,
            test=self._tested(self.policy.record(start.number)),
        )

    def _place(self, result: StepResult) -> None:
        if (result.number, result.attempt) not in self._placed:
            self._placed.add((result.number, result.attempt))
            self.policy.place(result.number, host=result.host, device=result.device, process=result.process)

    def _report(self, result: StepResult) -> Decision:
        if result.failure or result.metrics is None:
            return Decision.STOP
        report = Report(result.step, result.epoch, result.metrics, result.seconds)
        self._metrics[result.number] = result.metrics
        return self.policy.report(result.number, report, attempt=result.attempt, checkpoint=result.checkpoint)

    def _keep_all(self, *, left_before: float) -> None:
        for number in self.policy.just_ended():
            self._left.setdefault(number, -math.inf)  # it paused at a rung, and no worker has left it
        for number in [number for number, left in self._left.items() if left < left_before]:
            del self._left[number]
            self._keep(number)

    def _keep(self, number: int) -> None:
        record = self.policy.record(number)
        config = self._plan.trial_config(record.point, seed=record.seed, vocabulary=self._vocabulary)
        config = replace(config, epochs=record.horizon(config.epochs))
        keep_trial(self.layout, record, config, self._metrics.get(number))
        if record.status in ENDED:
            self._metrics.pop(number, None)
            prune_checkpoints(self.layout, self.policy.records, [number], self.scoring)

    def _apply(self, request: Request) -> str:
        arguments = request.arguments
        if request.kind == "stop":
            if request.at < self._lease.start:
                raise BadRequest("it was asked of a driver that is gone; the search that runs now goes on")
            self.policy.request_stop(request.id, f"stopped: {request.by} asked for it")
            return "the search stops after the epochs in flight"
        if request.kind == "extend":
            try:
                self.policy.extend(request.id, arguments.get("trials"))  # type: ignore[arg-type]
            except ValueError as error:
                raise BadRequest(str(error)) from error
            return f"the search may have {self.policy.budget.trials} trials"
        if request.kind == "enqueue":
            self.policy.enqueue(request.id, self._point(arguments.get("point")))
            return "the configuration is tried next"
        number = self._number(arguments)
        if request.kind == "stop_trial":
            self.policy.stop_trial(request.id, number, f"stopped by {request.by}")
            return f"trial {number} stops"
        text = requests.remark(arguments)
        if request.kind == "tag":
            remove = arguments.get("remove") is True
            self.policy.tag(request.id, number, text, remove=remove)
            return f"trial {number} {'lost' if remove else 'has'} the tag {text}"
        self.policy.note(request.id, number, f"{request.by}: {text}")
        return f"noted at trial {number}"

    def _point(self, point: Any) -> dict[str, Value]:
        if not isinstance(point, dict):
            raise BadRequest(f"`point` is a mapping of parameters, but got {point!r}")
        mistakes = self._plan.space.check(point, partial=True)
        if mistakes:
            raise BadRequest("; ".join(mistakes))
        return point

    def _number(self, arguments: Mapping[str, Any]) -> int:
        number = arguments.get("trial")
        known = len(self.policy.records)
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < known:
            raise BadRequest(f"`trial` is a number from 0 to {known - 1}, but got {number!r}")
        return number

"""Drives one search: answers workers through the Policy, keeps the run folder, applies what others ask for.

Knows no Ray: `search.tuning.bridge` translates Ray Tune's calls into these.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from search.plan.plan import Plan
from search.plan.trial_config import Value
from search.plan.vocabulary import Vocabulary
from search.runs.account import Accountant
from search.runs.layout import RunLayout
from search.runs.lease import Lease
from search.runs.nodes import came_to_an_epoch
from search.runs.outage import NUMBERS
from search.runs.progress import progress
from search.runs.ranking import Scoring
from search.runs.record import Ending, Stint, TrialRecord
from search.runs.snapshot import Listener, Snapshot
from search.runs.sparing import Sparing
from search.training.report import Report
from search.tuning.answers import Decision, Done, Start, Wait
from search.tuning.assignment import Assignment, StepResult
from search.tuning.budgets import Budgets
from search.tuning.hang_limits import HangLimits
from search.tuning.keeping import Keeping
from search.tuning.packing import enlarged, lacked_memory
from search.tuning.policy import Policy
from search.tuning.resources import processes
from search.tuning.silence import Silence
from search.tuning.steering import Steering
from search.tuning.workplace import Workplace

WAITING = "waiting for a worker"
"""Stands among the counts of a snapshot: trials that run, had a worker a place for them."""

TICK = 0.25
"""Seconds between two looks at the requests and two snapshots of the progress."""


class Driver:
    """One search while it runs.

    ``images`` and ``courier`` are those of every `Assignment`; whoever drives sets them before it begins.
    ``workplace`` says what its stints ask for and how many there may be; whoever drives sets it before it begins.
    ``recorded`` is how many trials are surely in the study: durable, while the last one may be what was refused.

    Args:
        plan: what to do.
        vocabulary: completes a point with the recipe's defaults.
        policy: decides.
        layout: where the run is kept.
        lease: the right to write it.
        listener: is told how it stands.
        seconds: time budget of this call; None: none.
        tested: tells of a trial whether it looks at the test images after its last epoch.
        clock: monotonic, in seconds; a simulation gives its own.
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
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.policy = policy
        self.reason = ""
        self.images: str | None = None
        self.courier: str | None = None
        self.workplace = Workplace.fixed(policy.workers)
        self._plan = plan
        self._vocabulary = vocabulary
        self.layout = layout
        self._lease = lease
        self.listener = listener
        self._seconds = seconds
        self._tested = tested
        self._clock = clock
        self._began = clock()
        self._looked = -math.inf
        self._placed: set[tuple[int, int]] = set()
        self._measured: set[tuple[int, int]] = set()
        self.scoring = Scoring.of(plan.objective)
        self._telling = Sparing(TICK, clock)
        self._counting = Sparing(TICK, clock)
        self._accountant = Accountant(plan, layout, clock=clock)
        self._keeping = Keeping(plan, vocabulary, policy, layout, clock=clock)
        self._held = ""
        self._budgets = Budgets(plan, policy.records, clock=clock)
        self._steering = Steering(plan.space, policy, layout, lease)
        self._silence = Silence(HangLimits(plan.resources.patience), clock=clock)
        self._leaving: dict[str, str] = {}
        self.recorded = len(policy.records)
        policy.stop(self._budgets.used_up(lambda: policy.records))

    @property
    def plugins(self) -> tuple[str, ...]:
        """Paths of the plan's plugins."""
        return tuple(self._plan.plugins)

    def ask(self) -> Assignment | None:
        """Return what a free worker does next; None: nothing now. `reason` is set once the search is over."""
        if self.workplace.held_back():
            return None
        self._held = self._keeping.why_full()
        with self._together():
            answer = self.policy.ask(new=not self._held)
        if isinstance(answer, Done):
            self.reason = answer.reason
        if isinstance(answer, Done | Wait):
            return None
        self._keeping.moved(answer.number)  # trial.json says from the start what is trained
        return self._assignment(answer)

    def begun(self, number: int, *, attempt: int, node: str = "", host: str = "") -> None:
        """A worker has begun with a stint, maybe long after `ask`: a cluster may have had to grow first.

        Args:
            number: of the trial.
            attempt: of the stint.
            node: Ray's id of the node where it runs, where that is known.
            host: that node's name.
        """
        known = self.policy.record(number)
        if attempt != known.attempt:
            return
        self.workplace.begun(number)
        self._silence.begun(number, attempt, _architecture(known.point))
        if node:
            held = self.workplace.held(number, node)
            start = self.policy.now()
            with self._together():
                self.policy.place(number, start=start, node=node, host=host, **held)

    def ending(self, said: StepResult, decision: Decision) -> tuple[Ending, str]:
        """Return how a stint ends, and why, after a result whose answer is not CONTINUE."""
        if said.failure:
            share = self.workplace.share(said.number)
            if 0 < share < 1 and lacked_memory(said.failure):
                return "paused", enlarged(share)
            return "failed", said.failure
        return ("paused", said.leaving) if decision is Decision.PAUSE else ("stopped", "")

    def result(self, result: StepResult) -> Decision:
        """Take what a worker says of an epoch, maybe a cut one; anything but CONTINUE ends its stint, see `leave`.

        Raises:
            OSError: the worker cannot read the images or write the run: the search must end, no trial is to blame.
        """
        if result.attempt != self.policy.record(result.number).attempt:
            return Decision.STOP
        if result.no_fault:
            raise _storage_error(result.no_fault)
        if not result.failure:
            took = None if result.partly else result.ended - result.began
            self._silence.heard(result.number, result.attempt, took)
        with self._together():
            self._place(result)
            self._measure(result)
            self._charge(result.number)
            decision = self._report(result)
        if result.metrics is not None:
            self._keeping.reported(result.number, result.metrics)
        elif result.checkpoint is not None:
            self._keeping.cut(result.number, result.checkpoint)
        if result.leaving and result.node:
            self._leaving[result.node] = result.leaving
        # Whoever runs on a node that will be gone goes on elsewhere, with the checkpoint that it has just written.
        moves = decision is Decision.CONTINUE and result.node in self._leaving
        return Decision.PAUSE if moves and result.node in self._avoided() else decision

    def leave(self, number: int, ending: Ending, reason: str = "", *, attempt: int | None = None) -> None:
        """A worker has left a trial; what its folder keeps of it follows at a later `tick`."""
        hung = self._silence.left(number, attempt)
        with self._together():
            if attempt in (None, self.policy.record(number).attempt):
                self._charge(number)
            self.policy.finish(number, ending, (ending == "crashed" and hung) or reason, attempt=attempt)
        self._keeping.moved(number)
        self.workplace.left(number)

    def overdue(self) -> list[tuple[int, int]]:
        """Return number and attempt of the stints whose workers must be killed, each once: they hang."""
        return self._silence.overdue()

    def tick(self) -> None:
        """Do what is due between two events: heartbeat, requests, time budget, progress."""
        now = self._clock()
        if now - self._looked < TICK:
            return
        self._looked = now
        self._keeping.keep()
        self._lease.beat()
        if self._seconds is not None and now - self._began >= self._seconds:
            self.policy.stop(f"the time budget of {self._seconds:g} s is used up")
        self.policy.stop(self._budgets.used_up(lambda: self.policy.records))
        self.apply_requests()
        if self._counting.due:
            self.policy.workers = self._counting.do(self.workplace.workers)
        if self._telling.due:
            self._telling.do(lambda: self.listener(self.snapshot()))

    def snapshot(self) -> Snapshot:
        """Return how the search stands."""
        records = self.policy.records
        running = [record.number for record in records if record.status == "running"]
        images = sum(self._keeping.metrics.get(n, {}).get("train/images_per_second", 0.0) for n in running)
        stands = progress(
            records,
            budget=self.policy.budget.trials,
            epochs=self.policy.budget.epochs,
            workers=self.policy.workers,
            scoring=self.scoring,
        )
        account = self._accountant.account(records, left=stands.left)
        if waiting := self.workplace.waiting:
            counts = {**stands.counts, "running": len(running) - waiting, WAITING: waiting}
            stands = replace(stands, counts={status: count for status, count in counts.items() if count})
        return Snapshot(stands, account, images, self._clock() - self._began, self._held)

    def apply_requests(self) -> None:
        """Apply what others asked for, and answer it."""
        self._steering.apply_all()

    def abandon(self) -> None:
        """Let every running trial wait to go on: the workers are gone, the record stays."""
        for record in self.policy.records:
            if record.status == "running":
                self.leave(record.number, "paused")
        self._keeping.keep(settled=False)

    def repair(self) -> None:
        """Write again what a crash may have kept from being written, from the record."""
        self._keeping.repair()

    def take_over(self, other: Driver) -> None:
        """Go on where another driver of this search has lost its storage: the clock runs on, its stints are over."""
        self._began = other._began
        for record in other.policy.records:
            other.workplace.left(record.number)

    @contextmanager
    def _together(self) -> Iterator[None]:
        """Make what is recorded within it durable at its end."""
        with self.policy.together():
            yield
        self.recorded = len(self.policy.records)

    def _assignment(self, start: Start) -> Assignment:
        config = self._plan.trial_config(start.config, seed=start.seed, vocabulary=self._vocabulary)
        need = self.workplace.need(start.number, start.config, self.policy.record(start.number).stints)
        return Assignment(
            run=str(self.layout.root),
            number=start.number,
            attempt=start.attempt,
            config=config,
            avoid=self._avoid(start),
            patience=self._silence.allowed(start.number, _architecture(start.config)).seconds,
            patience_times=self._plan.resources.patience,
            checkpoint=start.checkpoint,
            partial=self._keeping.partial(self.policy.record(start.number)),
            data_dir=self._plan.data.dir,
            access=self._plan.data.access,
            test=self._tested(self.policy.record(start.number)),
            cpus=need.cpus,
            gpus=need.gpus,
            gpu_memory=self.workplace.gpu_limit(need),
            images=self.images,
            courier=self.courier,
            processes=processes(self._plan.resources, need.gpus),
        )

    def _avoid(self, start: Start) -> tuple[str, ...]:
        """Return the nodes where a stint must not run."""
        known = self.policy.record(start.number)
        before = known.stints[-2] if len(known.stints) > 1 else None
        worked = before is not None and came_to_an_epoch(known, before.attempt)
        return self._avoided(before, worked=worked)

    def _avoided(self, before: Stint | None = None, *, worked: bool = True) -> tuple[str, ...]:
        """Return the nodes where nothing must begin, those that a trial's stint ``before`` speaks against included."""
        alive = self.workplace.nodes()
        return self.policy.nodes.to_avoid(before, worked=worked, leaving=self._leaving, alive=alive)

    def _place(self, result: StepResult) -> None:
        if (result.number, result.attempt) in self._placed:
            return
        self._placed.add((result.number, result.attempt))
        self.policy.place(
            result.number,
            **self._since(result),
            host=result.host,
            device=result.device,
            process=result.process,
            gpus=self.workplace.share(result.number),
            node=result.node,
            node_type=result.node_type or self.policy.record(result.number).stints[-1].node_type,
        )

    def _measure(self, result: StepResult) -> None:
        """Record what a stint takes of its GPU, once: after an epoch that was trained and validated whole."""
        whole = result.metrics is not None and not result.partly
        if not whole or (result.number, result.attempt) in self._measured:
            return
        self._measured.add((result.number, result.attempt))
        self.policy.place(result.number, gpu_memory=result.gpu_memory, gpu_total=result.gpu_total)
        known = self.policy.record(result.number)
        self.workplace.learn(known.point, known.stints[-1])

    def _charge(self, number: int) -> None:
        """Record what a stint holds of its node, where that was not known yet: without a share it costs nothing."""
        stint = self.policy.record(number).stints[-1]
        if stint.node and not stint.share:
            held = self.workplace.held(number, stint.node)
            self.policy.place(number, **{**held, "node_type": held.get("node_type") or stint.node_type})

    def _since(self, result: StepResult) -> dict[str, float]:
        """Return when a stint's worker really began, by this clock: a worker's own may be wrong."""
        asked = self.policy.record(result.number).stints[-1].start
        took = max(result.ended - result.began, 0.0)
        return {"start": max(asked, self.policy.now() - took)}

    def _report(self, result: StepResult) -> Decision:
        if result.failure:
            return Decision.STOP
        if result.metrics is None:  # cut in the middle of an epoch: there is nothing to decide on yet
            return Decision.CONTINUE
        report = Report(result.step, result.epoch, result.metrics, result.seconds, skipped=result.skipped)
        if result.step > self.policy.record(result.number).step:
            self.policy.stop(self._budgets.epoch())
        return self.policy.report(result.number, report, attempt=result.attempt, checkpoint=result.checkpoint)


def _architecture(point: Mapping[str, Value]) -> str:
    """Return whose epochs a trial's are like; spaces without architectures have one for all."""
    return str(point.get("architecture", ""))


def _storage_error(said: str) -> OSError:
    """Return what a worker says of its images or of the run's folder as the error that it was, where that is known."""
    return OSError(NUMBERS[said], said) if said in NUMBERS else OSError(said)

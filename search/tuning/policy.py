"""Which trials, for how long: one object that decides, knows no Ray, and is driven by plain calls.

Ray, a test and a simulation run the very same decisions. Everything that it knows stands in the Optuna study, so
that a Policy built from the study goes on where the last one was cut off:

1. a trial enters the study whole, in one record; a decision is recorded before it is returned;
2. waiting to go on is WAITING with an attribute ``resume``; RUNNING means that a worker has it;
3. stopped early is PRUNED with the value of its last step, diverged or crashed is FAIL with the reason;
4. the first recorded value of a step stands, and reports of an older attempt are dropped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from optuna.study import Study, StudyDirection
from optuna.trial import TrialState

from search.plan.objectives import Constraint, Goal
from search.plan.space import Space
from search.plan.trial_config import Value
from search.runs import record
from search.runs.memory import PastSearch
from search.runs.nodes import Nodes
from search.runs.ranking import Scoring
from search.runs.record import ENDED, Ending, RecordedReport, Stint, TrialRecord
from search.training.report import Report
from search.tuning.answers import Decision, Done, Limits, Start, Wait
from search.tuning.asked import Asked
from search.tuning.endings import too_many_failures
from search.tuning.entrance import Entrance, Measure
from search.tuning.judge import Judge
from search.tuning.ladder import Ladder
from search.tuning.parts import samplers, schedulers
from search.tuning.promotions import Promotions
from search.tuning.proposals import Proposals
from search.tuning.roster import Roster
from search.tuning.samplers import Build, Task
from search.tuning.schedulers import Scheduler
from search.tuning.takeover import take_over


class Policy:
    """Sampler, scheduler and study in one.

    After an error of the storage a Policy is thrown away, and another one is built from the study.

    Args:
        space: any space.
        budget: trials and epochs.
        study: an Optuna study with one direction, empty or with a past. This process must be its only driver:
            trials that it shows as running are taken for orphans of a driver that died, and wait to go on.
        metric: the name of the objective among a report's metrics.
        at_best: score a trial by its best epoch instead of its last one.
        sampler: a registered name, or what makes a sampler from a seed and the task.
        scheduler: a registered name, or a scheduler.
        workers: how many trials may run at once; may change while the search runs.
        seed: of the run.
        start: points that are tried first.
        past: earlier searches, of other data or of another space: their best points are tried first, and a sampler
            may lean on them.
        measure: returns a point's attributes, which constraints and goals are about.
        constraints: a point that violates one is rejected: recorded, but no trial of the budget.
        goals: objectives beside the curve; nobody is stopped at a rung who is not dominated there.
        clock: seconds since 1970; a simulation gives its own.

    Raises:
        ValueError: the study has several objectives, or nothing measures what constraints and goals are about.
    """

    def __init__(
        self,
        space: Space,
        *,
        budget: Limits,
        study: Study,
        metric: str = "val/accuracy",
        at_best: bool = False,
        sampler: str | Build = "auto",
        scheduler: str | Scheduler = "asha",
        workers: int = 4,
        seed: int = 0,
        start: Sequence[Mapping[str, Value]] = (),
        past: Sequence[PastSearch] = (),
        measure: Measure | None = None,
        constraints: Sequence[Constraint] = (),
        goals: Sequence[Goal] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        _check(study, measure, [*constraints, *goals])
        self.workers = workers
        self._metric = metric
        self._clock = clock
        scoring = Scoring(maximize=study.direction == StudyDirection.MAXIMIZE, at_best=at_best)
        rule = schedulers[scheduler].build(budget.epochs) if isinstance(scheduler, str) else scheduler
        task = Task(space, (*rule.rungs, budget.epochs), scoring, goals, past, seed)
        proposals = _proposals(sampler, task, start)
        self.nodes = Nodes()
        self._ended: list[int] = []
        self._ladder = Ladder(rule, scoring, seed=seed, goals=goals)
        self._promotions = Promotions(self._ladder)
        self._roster = Roster(study, scoring, follow=self._follow, pauses=rule.pauses)
        self._asked = Asked(study, budget=budget, clock=clock, enqueue=proposals.enqueue)
        self._entrance = Entrance(
            space,
            proposals=proposals,
            roster=self._roster,
            ladder=self._ladder,
            asked=self._asked,
            measure=measure,
            constraints=constraints,
            seed=seed,
            clock=clock,
        )
        self._judge = Judge(
            roster=self._roster,
            ladder=self._ladder,
            promotions=self._promotions,
            entrance=self._entrance,
            asked=self._asked,
            nodes=self.nodes,
        )
        self._endings: list[str] = []
        self._stop_reason = ""
        take_over(self._roster, self._ladder, proposals, self._judge, clock=clock)
        self._ended.clear()  # those of the past
        if any(known.status in ("completed", "stopped") for known in self._roster.records):
            self._endings.append("")  # "the first trials failed" is no longer true

    @property
    def records(self) -> list[TrialRecord]:
        """All trials, as recorded, by number."""
        return self._roster.records

    def record(self, number: int) -> TrialRecord:
        """Return one trial, as recorded.

        Raises:
            KeyError: there is no such trial.
        """
        return self._roster[number]

    @property
    def budget(self) -> Limits:
        """The budget as it stands, extensions included."""
        return self._asked.budget

    def just_ended(self) -> list[int]:
        """Return the trials that ended since the last call, also those that ended while they waited."""
        ended, self._ended = self._ended, []
        return ended

    @property
    def failing(self) -> bool:
        """Whether the search is over since too many trials failed."""
        return bool(too_many_failures(self._endings))

    def ask(self, *, new: bool = True) -> Start | Wait | Done:
        """Return what a free worker does next.

        A trial that was interrupted comes first, then one that pauses at a rung and may go on, then a new one.

        Args:
            new: whether a new trial may begin now; False only while some trial runs.
        """
        over = self._stop_reason
        if not over and len(self._roster.running) < self.workers:
            number = self._next(new=new)
            if number is not None:
                return self._start(number)
            over = self._entrance.why_none()
        return Wait() if self._roster.running else Done(over)

    def report(
        self, number: int, report: Report, *, attempt: int | None = None, checkpoint: str | None = None
    ) -> Decision:
        """Record the end of an epoch and decide how the trial goes on; recorded before it is returned.

        Args:
            number: of the trial.
            report: what the epoch says. A value that is not finite stops the trial.
            attempt: of the stint that reports; None: the present one. An older one's report is dropped.
            checkpoint: where the weights of this epoch are, durable already.

        Raises:
            KeyError: there is no such trial, or the report lacks the objective's metric.
        """
        known = self._roster[number]
        if not _under_way(known, attempt):
            return Decision.STOP
        if report.step in known.reports:
            return self._again(known.reports[report.step], known.attempt)
        return self._judge.report(
            number,
            report,
            float(report.metrics[self._metric]),
            checkpoint=checkpoint,
            free=len(self._roster.running) <= self.workers,
            stopping=bool(self._stop_reason),
        )

    def now(self) -> float:
        """Return seconds since 1970, by the clock of the record."""
        return self._clock()

    def together(self) -> AbstractContextManager[None]:
        """Within it the calls' records become durable together, at its end; act on no answer before."""
        return record.together(self._roster.storage)

    def place(self, number: int, **where: Any) -> None:
        """Record where a trial's present stint runs: any fields of `Stint`, such as host and device."""
        stint = self._roster[number].stints[-1]
        placed = replace(stint, **where)
        if placed != stint:
            self._roster.write_stint(number, placed)

    def finish(self, number: int, ending: Ending, reason: str = "", *, attempt: int | None = None) -> None:
        """End a trial's stint; after `paused` and most `crashed` the trial waits to go on.

        Args:
            number: of the trial.
            ending: `stopped` (a decision, also that its whole schedule is trained), `failed` (its own fault,
                such as a loss that is not finite), `crashed` (its worker died), `lost` (so did
                its node), `paused`.
            reason: for `failed` and `crashed`: why, in words that a person reads.
            attempt: of the stint that ends; None: the present one. An older one has ended already.
        """
        known = self._roster[number]
        if not _under_way(known, attempt):
            return
        if ending == "stopped" and known.reach >= self.budget.epochs:
            ending = "completed"
        self._roster.write_stint(number, known.stints[-1].ended(ending, at=self._clock(), reason=reason))
        self._judge.settle(number)
        left = self._roster[number]
        if left.status in ENDED:
            self._endings.append(left.reason if left.status == "failed" else "")
            self.stop(too_many_failures(self._endings))

    def stop(self, reason: str) -> None:
        """Start nothing more; whoever runs is paused at his next report. An empty reason changes nothing."""
        self._stop_reason = self._stop_reason or reason

    def applied(self, request: str) -> bool:
        """Tell whether the request of that id is recorded, so that it must not be applied again."""
        return request in self._asked

    def request_stop(self, request: str, reason: str) -> None:
        """Stop the search because somebody asked for it; recorded, but a resumed search goes on."""
        self._asked.take(request, kind="stop", reason=reason)
        self.stop(reason)

    def stop_trial(self, request: str, number: int, reason: str) -> None:
        """Stop one trial: at its next report when it runs, at once when it waits; holds after a crash."""
        self._asked.take(request, kind="stop_trial", trial=number, reason=reason)
        if self._roster[number].status == "waiting":
            self._roster.end(number, TrialState.PRUNED, reason)

    def extend(self, request: str, trials: int) -> None:
        """Raise the budget by that many trials.

        Raises:
            ValueError: it is no number of at least 1, or the budget would grow beyond that of a plan.
        """
        self._asked.more_trials(request, trials)

    def enqueue(self, request: str, point: Mapping[str, Value], *, seed: int | None = None) -> None:
        """Try a point (parameters that it leaves open are sampled) before the sampler's next idea.

        Args:
            request: its id, new.
            point: complete or not.
            seed: of its training; None: the run's.
        """
        self._asked.take(request, kind="enqueue", point=dict(point), seed=seed)

    def note(self, request: str, number: int, text: str) -> None:
        """Keep a remark on a trial, finished or not."""
        self._asked.take(request, kind="note", trial=number, text=text)

    def tag(self, request: str, number: int, text: str, *, remove: bool) -> None:
        """Give a trial a tag, finished or not, or take it away."""
        self._asked.take(request, kind="tag", trial=number, text=text, remove=remove)

    def _next(self, *, new: bool) -> int | None:
        """Return the trial that is begun or continued next, entered into the study where it is new."""
        number = self._waiting(over=self._entrance.over)
        if not new:
            return number
        if number is None:
            number = self._entrance.next()
        return self._waiting(over=True) if number is None else number

    def _waiting(self, *, over: bool) -> int | None:
        """Return the waiting trial that goes on next, ending those that never will.

        Args:
            over: no new trial will begin.
        """
        number = self._roster.interrupted()
        if number is None:
            number = self._promotions.next(over=over)
        if number is None:
            self._judge.settle_losers(over=over)
            number = self._roster.interrupted()  # one that was let live as a control
        return number

    def _start(self, number: int) -> Start:
        if self._roster[number].status == "waiting":
            known = self._roster[number]
            stint = Stint(attempt=known.attempt + 1, start=self._clock(), from_step=known.step)
            self._roster.write_stint(number, stint)
            self._roster.run(number)
        known = self._roster[number]
        checkpoint = known.last.checkpoint if known.last else None
        return Start(number, known.point, checkpoint, known.attempt, known.seed)

    def _again(self, recorded: RecordedReport, attempt: int) -> Decision:
        """Answer a step that is recorded already: as then, but where it was trained again a pause is over."""
        if recorded.decision == Decision.STOP.value or recorded.attempt == attempt:
            return Decision(recorded.decision)
        return Decision.PAUSE if self._stop_reason else Decision.CONTINUE

    def _follow(self, known: TrialRecord) -> None:
        """Take note of how a trial stands now."""
        if known.status in ENDED:
            self._ladder.end(known.number)
            self._ended.append(known.number)
        self._promotions.follow(known)
        self.nodes.follow(known)


def _proposals(sampler: str | Build, task: Task, start: Sequence[Mapping[str, Value]]) -> Proposals:
    """Return what proposes new trials: the start and earlier searches first, then the sampler."""
    build = samplers[sampler].build if isinstance(sampler, str) else sampler
    return Proposals(
        task.space,
        start=start,
        past=task.searches,
        sampler=lambda drawn: build(drawn, task),
        seed=task.seed,
    )


def _under_way(known: TrialRecord, attempt: int | None) -> bool:
    """Tell whether a trial runs, and in that attempt (None: whichever)."""
    return known.status == "running" and attempt in (None, known.attempt)


def _check(study: Study, measure: Measure | None, about: Sequence[Constraint | Goal]) -> None:
    if len(study.directions) != 1:
        raise ValueError(f"a study with one objective is expected, but this has {len(study.directions)}")
    if measure is None and about:
        raise ValueError("`measure` is expected where there are constraints or goals, but got None")

"""Which trials, for how long: one object that decides, knows no Ray, and is driven by plain calls.

Ray, a test and a simulation run the very same decisions. Everything that it knows stands in the Optuna study, so
that a Policy built from the study goes on where the last one was cut off:

1. a trial enters the study whole, in one record; a decision is recorded before it is returned;
2. waiting to go on is WAITING with an attribute ``resume``; RUNNING means that a worker has it;
3. stopped early is PRUNED with the value of its last step, diverged or crashed is FAIL with the reason;
4. the first recorded value of a step stands, and reports of an older attempt are dropped.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from optuna.study import Study, StudyDirection
from optuna.trial import TrialState, create_trial

from search.plan.space import Space
from search.plan.trial_config import Value
from search.runs import record
from search.runs.ranking import Scoring
from search.runs.record import Ending, RecordedReport, RungDecision, Stint, TrialRecord
from search.training.report import Report
from search.tuning.answers import Decision, Done, Limits, Start, Wait
from search.tuning.distributions import distribution
from search.tuning.endings import settled, too_many_failures
from search.tuning.ladder import Ladder
from search.tuning.parts import samplers, schedulers
from search.tuning.proposals import MakeSampler, Proposal, Proposals
from search.tuning.schedulers import Scheduler

MOST_TRIALS = 1_000_000
"""The largest budget, as in a plan."""


@dataclass
class _Entry:
    trial_id: int
    record: TrialRecord


class Policy:
    """Sampler, scheduler and study in one.

    Args:
        space: any space.
        budget: trials and epochs.
        study: an Optuna study with one direction, empty or with a past. This process must be its only driver:
            trials that it shows as running are taken for orphans of a driver that died, and wait to go on.
        metric: the name of the objective among a report's metrics.
        at_best: score a trial by its best epoch instead of its last one.
        sampler: a registered name, or what makes a sampler from a seed.
        scheduler: a registered name, or a scheduler.
        workers: how many trials may run at once; may change while the search runs.
        seed: of the run.
        start: points that are tried first.
        clock: seconds since 1970; a simulation gives its own.

    Raises:
        ValueError: the study has several objectives.
    """

    def __init__(
        self,
        space: Space,
        *,
        budget: Limits,
        study: Study,
        metric: str = "val/accuracy",
        at_best: bool = False,
        sampler: str | MakeSampler = "auto",
        scheduler: str | Scheduler = "asha",
        workers: int = 4,
        seed: int = 0,
        start: Sequence[Mapping[str, Value]] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        if len(study.directions) != 1:
            raise ValueError(f"a study with one objective is expected, but this has {len(study.directions)}")
        self.workers = workers
        self._space = space
        self._study = study
        self._storage = study._storage
        self._metric = metric
        self._scoring = Scoring(maximize=study.direction == StudyDirection.MAXIMIZE, at_best=at_best)
        self._clock = clock
        self._seed = seed
        self._budget = budget
        rule = schedulers[scheduler].build(budget.epochs) if isinstance(scheduler, str) else scheduler
        levels = (*rule.rungs, budget.epochs)
        make = (lambda s: samplers[sampler].build(s, levels)) if isinstance(sampler, str) else sampler
        self._proposals = Proposals(space, start=start, sampler=make, seed=seed)
        self._entries: dict[int, _Entry] = {}
        self._ladder = Ladder(rule, self._scoring)
        self._endings: list[str] = []
        self._requests: set[str] = set()
        self._stop_reason = ""
        self._stop_trials: dict[int, str] = {}
        self._rebuild()

    @property
    def records(self) -> list[TrialRecord]:
        """All trials, as recorded, by number."""
        return [entry.record for _, entry in sorted(self._entries.items())]

    def record(self, number: int) -> TrialRecord:
        """Return one trial, as recorded.

        Raises:
            KeyError: there is no such trial.
        """
        return self._entries[number].record

    @property
    def budget(self) -> Limits:
        """The budget as it stands, extensions included."""
        return self._budget

    @property
    def failing(self) -> bool:
        """Whether the search is over since too many trials failed."""
        return bool(too_many_failures(self._endings))

    def ask(self) -> Start | Wait | Done:
        """Return what a free worker does next. A trial that waits to go on comes before a new one."""
        running = sum(entry.record.status == "running" for entry in self._entries.values())
        over = self._stop_reason
        if not over and running < self.workers:
            number = self._next()
            if number is not None:
                return self._start(number)
            over = self._why_none_left()
        return Wait() if running else Done(over)

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
        entry = self._entries[number]
        known = entry.record
        if known.status != "running" or (attempt is not None and attempt != known.attempt):
            return Decision.STOP
        if report.step in known.reports:
            return self._again(known.reports[report.step])
        value = float(report.metrics[self._metric])
        values = {**known.values, report.step: value}
        rungs = self._ladder.decide(number, known.step, values) if math.isfinite(value) else ()
        decision = self._decision(number, report.epoch, value, rungs)
        recorded = RecordedReport(
            step=report.step,
            epoch=report.epoch,
            value=value,
            seconds=report.seconds,
            attempt=known.attempt,
            checkpoint=checkpoint,
            decision=decision.value,
            rungs=rungs,
        )
        record.write_report(self._storage, entry.trial_id, recorded)
        entry.record = replace(known, values=values, reports={**known.reports, report.step: recorded})
        self._ladder.stand(number, values)
        return decision

    def together(self) -> AbstractContextManager[None]:
        """Within it the calls' records become durable together, at its end; act on no answer before."""
        return record.together(self._storage)

    def place(self, number: int, *, host: str, device: str, process: int) -> None:
        """Record where a trial's present stint runs."""
        entry = self._entries[number]
        stint = replace(entry.record.stints[-1], host=host, device=device, process=process)
        self._write_stint(entry, stint)

    def finish(self, number: int, ending: Ending, reason: str = "", *, attempt: int | None = None) -> None:
        """End a trial's stint; after `paused` and most `crashed` the trial waits to go on.

        Args:
            number: of the trial.
            ending: `stopped` (a decision, also that its whole schedule is trained), `failed` (its own fault,
                such as a loss that is not finite), `crashed` (its worker died), `paused`.
            reason: for `failed` and `crashed`: why, in words that a person reads.
            attempt: of the stint that ends; None: the present one. An older one has ended already.
        """
        entry = self._entries[number]
        known = entry.record
        if known.status != "running" or (attempt is not None and attempt != known.attempt):
            return
        if ending == "stopped" and known.step >= self._budget.epochs:
            ending = "completed"
        self._write_stint(entry, known.stints[-1].ended(ending, at=self._clock(), reason=reason))
        self._settle(entry)
        left = self._entries[number].record
        if left.status in record.ENDED:
            self._endings.append(left.reason if left.status == "failed" else "")
            self.stop(too_many_failures(self._endings))

    def stop(self, reason: str) -> None:
        """Start nothing more; whoever runs is paused at his next report. An empty reason changes nothing."""
        self._stop_reason = self._stop_reason or reason

    def applied(self, request: str) -> bool:
        """Tell whether the request of that id is recorded, so that it must not be applied again."""
        return request in self._requests

    def request_stop(self, request: str, reason: str) -> None:
        """Stop the search because somebody asked for it; recorded, but a resumed search goes on."""
        self._record_request(request, kind="stop", reason=reason)
        self.stop(reason)

    def stop_trial(self, request: str, number: int, reason: str) -> None:
        """Stop one trial: at its next report when it runs, at once when it waits; holds after a crash."""
        self._record_request(request, kind="stop_trial", trial=number, reason=reason)
        self._stop_trials[number] = reason
        entry = self._entries[number]
        if entry.record.status == "waiting":
            self._end(entry, TrialState.PRUNED, reason)

    def extend(self, request: str, trials: int) -> None:
        """Raise the budget by that many trials.

        Raises:
            ValueError: it is no number of at least 1, or the budget would grow beyond `MOST_TRIALS`.
        """
        most = MOST_TRIALS - self._budget.trials
        if not isinstance(trials, int) or isinstance(trials, bool) or not 1 <= trials <= most:
            raise ValueError(f"`trials` is a whole number from 1 to {most}, but got {trials!r:.50}")
        self._record_request(request, kind="extend", trials=trials)
        self._budget = replace(self._budget, trials=self._budget.trials + trials)

    def enqueue(self, request: str, point: Mapping[str, Value]) -> None:
        """Try a point (parameters that it leaves open are sampled) before the sampler's next idea."""
        self._record_request(request, kind="enqueue", point=dict(point))
        self._proposals.enqueue(f"request:{request}", point)

    def note(self, request: str, number: int, text: str) -> None:
        """Keep a remark on a trial, finished or not."""
        self._record_request(request, kind="note", trial=number, text=text)

    def _record_request(self, request: str, **document: Any) -> None:
        """Record a request with all that it does, in one record: it is applied once, or not at all."""
        document["at"] = self._clock()
        self._storage.set_study_system_attr(self._study._study_id, f"{record.REQUEST}{request}", document)
        self._requests.add(request)

    def _next(self) -> int | None:
        """Return the trial that is begun or continued next, entered into the study where it is new."""
        # One without a stint was enqueued by another program: it has no complete point, and is left alone.
        waiting = [n for n, e in self._entries.items() if e.record.status == "waiting" and e.record.stints]
        if waiting:
            return min(waiting)
        proposal = self._proposals.next(self._study, len(self._entries), asked_only=self._full())
        return self._enter(proposal) if proposal else None

    def _full(self) -> bool:
        """Whether the budget of trials is used up; those that others enqueued come on top."""
        own = sum(not e.record.origin.startswith("request:") for e in self._entries.values())
        return own >= self._budget.trials

    def _why_none_left(self) -> str:
        if self._full():
            return f"all {self._budget.trials} trials are done"
        return f"the space is exhausted: all {len(self._entries)} configurations were tried"

    def _enter(self, proposal: Proposal) -> int:
        """Add a trial to the study, whole, in one record; return its number."""
        number, point = len(self._entries), proposal.point
        sampled = {
            p.name: p.domain for p in self._space.parameters if p.name in point and p.domain.size() > 1
        }
        stint = Stint(attempt=1, start=self._clock())
        trial = create_trial(
            state=TrialState.RUNNING,
            params={name: point[name] for name in sampled},
            distributions={name: distribution(domain) for name, domain in sampled.items()},
            user_attrs={record.ORIGIN: proposal.origin, record.SEED: self._seed},
            system_attrs={record.POINT: point, f"{record.STINT}1": vars(stint)},
        )
        trial_id = self._storage.create_new_trial(self._study._study_id, template_trial=trial)
        self._proposals.add_seen(point, proposal.origin)
        self._entries[number] = _Entry(
            trial_id,
            TrialRecord(number, "running", point, {}, (stint,), origin=proposal.origin, seed=self._seed),
        )
        return number

    def _start(self, number: int) -> Start:
        entry = self._entries[number]
        known = entry.record
        if known.status == "waiting":
            stint = Stint(attempt=known.attempt + 1, start=self._clock(), from_step=known.step)
            self._write_stint(entry, stint)
            self._storage.set_trial_state_values(entry.trial_id, TrialState.RUNNING)
            entry.record = replace(entry.record, status="running")
        last = entry.record.last
        return Start(
            number,
            known.point,
            last.checkpoint if last else None,
            entry.record.attempt,
            known.seed,
        )

    def _again(self, recorded: RecordedReport) -> Decision:
        """Answer a step that is recorded already and was trained again: a stop stands, a pause is over."""
        if recorded.decision == Decision.STOP.value:
            return Decision.STOP
        return Decision.PAUSE if self._stop_reason else Decision.CONTINUE

    def _decision(self, number: int, epoch: int, value: float, rungs: Sequence[RungDecision]) -> Decision:
        if epoch >= self._budget.epochs or not math.isfinite(value) or number in self._stop_trials:
            return Decision.STOP
        if not all(rung.keep for rung in rungs):
            return Decision.STOP
        return Decision.PAUSE if self._stop_reason else Decision.CONTINUE

    def _write_stint(self, entry: _Entry, stint: Stint) -> None:
        record.write_stint(self._storage, entry.trial_id, stint)
        others = tuple(s for s in entry.record.stints if s.attempt != stint.attempt)
        entry.record = replace(entry.record, stints=(*others, stint))

    def _settle(self, entry: _Entry) -> None:
        """Bring a trial whose last stint has ended into the state that follows from it."""
        known = entry.record
        asked = self._stop_trials.get(known.number, "")
        state, reason = settled(known, epochs=self._budget.epochs, asked=asked)
        if state == TrialState.WAITING:
            if known.status == "waiting":
                return
            checkpoint = known.last.checkpoint if known.last else None
            self._storage.set_trial_system_attr(entry.trial_id, record.RESUME, checkpoint or "")
        self._end(entry, state, reason)

    def _end(self, entry: _Entry, state: TrialState, reason: str = "") -> None:
        score = self._scoring.score(entry.record.values)
        final = state in (TrialState.COMPLETE, TrialState.PRUNED)
        if reason:
            self._storage.set_trial_user_attr(entry.trial_id, record.REASON, reason)
        values = [score] if final and score is not None else None
        self._storage.set_trial_state_values(entry.trial_id, state, values)
        entry.record = replace(entry.record, status=record.STATUS[state], reason=reason)

    def _rebuild(self) -> None:
        """Take over a study: mend what a crash cut off, and let orphans wait to go on."""
        self._apply_recorded_requests()
        for trial in self._study.get_trials(deepcopy=False):
            known = record.read(trial)
            self._entries[known.number] = _Entry(trial._trial_id, known)
            self._proposals.add_seen(known.point, known.origin)
            self._ladder.stand(known.number, known.values)
            if not trial.state.is_finished():
                record.repair(self._storage, trial, known)
        for entry in self._entries.values():
            if entry.record.status == "running" or (entry.record.status == "waiting" and entry.record.stints):
                self._adopt(entry)
        if any(entry.record.status in ("completed", "stopped") for entry in self._entries.values()):
            self._endings.append("")  # "the first trials failed" is no longer true

    def _apply_recorded_requests(self) -> None:
        attributes = self._storage.get_study_system_attrs(self._study._study_id)
        self._budget = replace(self._budget, trials=self._budget.trials + record.trials_added(attributes))
        for request, document in record.requests_of(attributes).items():
            self._requests.add(request)
            if document["kind"] == "enqueue":
                self._proposals.enqueue(f"request:{request}", document["point"])
            elif document["kind"] == "stop_trial":
                self._stop_trials[document["trial"]] = document["reason"]

    def _adopt(self, entry: _Entry) -> None:
        """Settle a trial whose driver died: running, or cut off between the two records of an end or a start."""
        if not entry.record.stints:
            self._write_stint(entry, Stint(attempt=1, start=self._clock()))
        stint = entry.record.stints[-1]
        if stint.ending is None:
            self._write_stint(entry, stint.ended("orphaned", at=self._clock(), reason="the driver died"))
        for step in sorted(entry.record.values.keys() - entry.record.reports.keys()):
            self._decide_late(entry, step)
        self._settle(entry)

    def _decide_late(self, entry: _Entry, step: int) -> None:
        """Decide a value that stands in the study without its decision."""
        known = entry.record
        values = {s: value for s, value in known.values.items() if s <= step}
        before = max((s for s in values if s < step), default=0)
        rungs = self._ladder.decide(known.number, before, values) if math.isfinite(values[step]) else ()
        decision = self._decision(known.number, step, values[step], rungs)
        seconds = known.last.seconds if known.last else 0.0
        late = RecordedReport(step, step, values[step], seconds, known.attempt, None, decision.value, rungs)
        record.write_report(self._storage, entry.trial_id, late)
        entry.record = replace(known, reports=dict(sorted({**known.reports, step: late}.items())))

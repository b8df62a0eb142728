"""Winnow at the desk: the real driver on a real run folder, as Ray Tune's loop calls it.

A result, the end of a stint and the next assignment are handled in one go, and before each the driver gets its tick,
as in `search.tuning.bridge`. What the driver hands over and takes is text, as there.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from benchmarks.efficiency.problem import Problem
from benchmarks.scaling.clock import DriverClock
from benchmarks.scaling.controller import Controller
from benchmarks.scaling.pace import Pace
from benchmarks.scaling.queue import Answer
from benchmarks.scaling.suggestions import Suggestions
from benchmarks.scaling.worker import SimulatedStint
from search.plan.plan import Plan
from search.runs.layout import RunLayout, write_text
from search.runs.lease import Lease
from search.runs.snapshot import Snapshot
from search.tuning.answers import Decision
from search.tuning.assignment import Assignment, StepResult
from search.tuning.capacity import Need, Node, Offer
from search.tuning.driver import Driver
from search.tuning.from_plan import make_policy
from search.tuning.study import open_study
from search.tuning.vocabulary import vocabulary
from search.tuning.workplace import Workplace


class Winnow:
    """A search as `search.tuning.launch` makes one, without Ray. Use it as a context.

    Args:
        plan: of the search.
        problem: has the curve of each point.
        root: the run's folder; made.
        workers: how many trials may run at once.
        pace: how long epochs take.
        controller: what Ray Tune itself takes.
    """

    def __init__(
        self,
        plan: Plan,
        problem: Problem,
        root: Path,
        *,
        workers: int,
        pace: Pace,
        controller: Controller,
    ) -> None:
        self.clock = DriverClock()
        self.suggestions = Suggestions()
        self.last: Snapshot | None = None
        self._plan, self._problem, self._pace, self._controller = plan, problem, pace, controller
        self._stints: dict[int, SimulatedStint] = {}
        self._stack = ExitStack()
        layout = RunLayout(root)
        root.mkdir(parents=True)
        write_text(layout.plan, plan.to_yaml())
        lease = self._stack.enter_context(Lease(layout))
        self._stack.enter_context(self.clock.timing_the_disk())
        study = open_study(plan, layout, new=True)
        policy = make_policy(plan, study, workers=workers, clock=self.clock)
        self.driver = Driver(
            plan, vocabulary(), policy, layout, lease, listener=self._listen, clock=self.clock
        )
        nodes = tuple(Node(1.0, id=_node(worker)) for worker in range(workers))
        self.driver.workplace = Workplace(lambda: Offer(nodes), Need(1.0), clock=self.clock)

    def __enter__(self) -> Winnow:
        return self

    def __exit__(self, *error: object) -> None:
        for stint in self._stints.values():
            stint.close()
        self._stack.close()

    def ask(self, worker: int, now: float) -> Answer:
        """Give work to a worker that has none."""
        _, ticked = self.clock.work(now, self._tick)
        return self._next(worker, now, ticked)

    def report(self, worker: int, now: float) -> Answer:
        """Take the end of an epoch; where the trial ends with it, give the worker another one."""
        stint = self._stints[worker]
        text = stint.step()
        _, ticked = self.clock.work(now, self._tick)
        goes_on, taken = self.clock.work(now + ticked, lambda: self._goes_on(text))
        cost = ticked + taken + self._controller.per_result
        if goes_on:
            return Answer(stint.epoch_seconds, cost)
        stint.close()
        del self._stints[worker]
        return self._next(worker, now, cost)

    def _tick(self) -> None:
        self.driver.tick()
        self.driver.overdue()

    def _goes_on(self, text: str) -> bool:
        """Take a result; where it is the last one of its stint, that ends."""
        said = StepResult.from_json(text)
        decision = self.driver.result(said)
        if decision is Decision.CONTINUE:
            return True
        ending, reason = self.driver.ending(said, decision)
        self.driver.leave(said.number, ending, reason, attempt=said.attempt)
        return False

    def _next(self, worker: int, now: float, cost: float) -> Answer:
        """Ask the driver for a stint; ``cost`` is what the answer has cost until now."""
        assignment, asked = self.clock.work(now + cost, self.driver.ask)
        cost += asked
        if assignment is None:
            return Answer(None, cost)
        number = assignment.number
        self.suggestions.add(asked, trials=number)
        text, begun = self.clock.work(now + cost, lambda: self._begun(assignment, worker))
        cost += begun
        point = self.driver.policy.record(number).point
        self._stints[worker] = SimulatedStint(
            text,
            [float(value) for value in self._problem.curve(point)],
            metric=self._plan.objective.metric,
            epoch_seconds=self._pace.epoch(worker, number),
            node=_node(worker),
            clock=self.clock,
        )
        return Answer(self._stints[worker].epoch_seconds, cost + self._controller.per_trial, new=True)

    def _begun(self, assignment: Assignment, worker: int) -> str:
        """Hand a stint over, and hear that it has begun: each of these workers is free when it is asked for."""
        place = self.driver.workplace
        place.waits(assignment.number)
        place.elsewhere(Need(assignment.cpus, assignment.gpus), assignment.avoid)
        text = assignment.to_json()
        node = _node(worker)
        self.driver.begun(assignment.number, attempt=assignment.attempt, node=node, host=node)
        return text

    def _listen(self, snapshot: Snapshot) -> None:
        self.last = snapshot


def _node(worker: int) -> str:
    """Return the id of a worker's node; Ray's are as long."""
    return f"{worker:056x}"

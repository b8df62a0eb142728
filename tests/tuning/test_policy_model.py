"""Any interleaving of asks, reports, failures, crashes, pauses and restarts: the Policy decides as the reference."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.tuning.answers import Done, Limits, Start, Wait
from search.tuning.parts import schedulers
from search.tuning.policy import Policy
from tests.tuning.reference import Reference
from tests.tuning.simulation import policy, report, study

MOST_FAILURES = 4
"""After five the search ends, which is not what is tested here."""

SETTINGS: dict[str, dict[str, Any]] = {
    "stopping": {"name": "asha", "kind": "stopping"},
    "promotion": {"name": "asha", "kind": "promotion"},
    "hyperband": {"name": "hyperband"},
    "median": {"name": "median", "min_trials": 2},
    "none": {"name": "none"},
}


@dataclass(frozen=True)
class Search:
    horizon: int
    factor: int
    brackets: int
    workers: int
    budget: int
    minimize: bool


@dataclass
class Both:
    """The Policy and the reference in step; whoever was told to stop or pause is `leaving` until it finishes."""

    kind: str
    search: Search
    leaving: dict[int, str] = field(default_factory=dict)
    running: dict[int, Start] = field(default_factory=dict)
    failures: int = 0
    over: bool = False

    def __post_init__(self) -> None:
        given = dict(SETTINGS[self.kind])
        name = given.pop("name")
        if name in ("asha", "hyperband"):
            given["reduction_factor"] = self.search.factor
        if name == "asha":
            rungs = sum(self.search.factor**k < self.search.horizon for k in range(9))
            given["brackets"] = min(self.search.brackets, max(1, rungs))
        self.rule = schedulers[name].build(self.search.horizon, **given)
        self.study = study(direction="minimize" if self.search.minimize else "maximize")
        self.reference = Reference(
            self.kind,
            self.search.horizon,
            self.search.budget,
            self.search.workers,
            factor=self.search.factor,
            min_trials=2,
        )
        self.policy = self.build()

    def build(self) -> Policy:
        return policy(
            self.study,
            budget=Limits(self.search.budget, self.search.horizon),
            workers=self.search.workers,
            scheduler=self.rule,
        )

    def ask(self) -> None:
        answer, expected = self.policy.ask(), self.reference.ask()
        if not isinstance(answer, Start):
            assert expected == ("done" if isinstance(answer, Done) else "wait")
            assert isinstance(answer, Done | Wait)
            self.over = isinstance(answer, Done)
            return
        if expected == "new":
            assert answer.number == len(self.reference.trials)
            bracket = self.policy.record(answer.number).bracket
            if self.kind == "hyperband":
                assert bracket == self.reference.hyperband_bracket()
            self.reference.enter(bracket)
        else:
            assert answer.number == expected
        self.running[answer.number] = answer

    def report(self, number: int, jump: int, value: float) -> None:
        if number not in self.running:
            return
        before = self.policy.record(number).step
        epoch = min(before + jump, self.search.horizon)
        if not math.isfinite(value):
            if self.failures >= MOST_FAILURES:
                value = 0.0
            else:
                self.failures += 1
        told = self.policy.report(
            number, report(epoch, value), attempt=self.running[number].attempt, checkpoint=str(epoch)
        )
        oriented = -value if self.search.minimize else value
        assert told.value == self.reference.report(number, epoch, oriented)
        if told.value != "continue":
            self.leaving[number] = told.value
            del self.running[number]

    def leave(self, number: int) -> None:
        told = self.leaving.pop(number, None)
        if told is not None:
            ending = "paused" if told == "pause" else "stopped"
            self.policy.finish(number, ending)
            self.reference.finish(number, ending)
            self.compare(number)

    def end(self, number: int, ending: Any) -> None:
        """A trial's worker dies, or its training fails."""
        fails = ending == "failed" or self.policy.record(number).status == "running"
        if self.policy.record(number).status != "running" or (fails and self.failures >= MOST_FAILURES):
            return
        self.running.pop(number, None)
        self.leaving.pop(number, None)
        self.policy.finish(number, ending, "because")
        self.reference.finish(number, ending)
        self.failures += self.policy.record(number).status == "failed"
        self.compare(number)

    def stale(self, number: int) -> None:
        """A worker that was given up reports after all."""
        if number in self.running:
            before = self.policy.record(number)
            attempt = self.running[number].attempt - 1
            assert self.policy.report(number, report(before.step + 1, 9.0), attempt=attempt).value == "stop"
            assert self.policy.record(number) == before

    def stop(self) -> None:
        self.policy.stop("Ctrl-C")
        self.reference.stopping = True

    def restart(self) -> None:
        self.over = False
        self.policy = self.build()
        self.reference.restart()
        self.running.clear()
        self.leaving.clear()
        for trial in self.reference.trials:
            self.compare(trial.number)

    def compare(self, number: int) -> None:
        mine, theirs = self.policy.record(number), self.reference.trials[number]
        assert (mine.status, mine.paused_at) == (theirs.state, theirs.paused_at)

    def counted(self) -> None:
        """What the Policy counts as it goes is what one would count in its records."""
        roster, records = self.policy._roster, self.policy.records
        assert roster.running == {r.number for r in records if r.status == "running"}
        waiting = [r.number for r in records if r.status == "waiting" and r.paused_at is None]
        assert roster.interrupted() == min(waiting, default=None)
        assert roster.own == len(roster) == len(records)

    def act(self, action: str, pick: int, jump: int, value: float) -> None:
        busy = sorted(self.running | self.leaving)
        if action == "ask":
            self.ask()
        elif action == "stop":
            self.stop()
        elif action == "restart":
            self.restart()
        elif busy:
            number = busy[pick % len(busy)]
            if action == "leave":
                self.leave(number)
            elif action == "stale":
                self.stale(number)
            elif action in ("crashed", "failed"):
                self.end(number, action)
            else:
                self.report(number, jump, value)
                if action == "report and leave":
                    self.leave(number)
        self.counted()

    def to_the_end(self, curve: Any) -> None:
        """Go on without further mishaps until the search is done."""
        self.restart()
        while not self.over:
            self.ask()
            while len(self.running) < self.search.workers and not self.over:
                before = len(self.running)
                self.ask()
                if len(self.running) == before:
                    break
            for number in sorted(self.running):
                epoch = self.policy.record(number).step + 1
                self.report(number, 1, curve(number, epoch))
                self.leave(number)


ACTIONS = st.sampled_from(
    ["ask"] * 5
    + ["report and leave"] * 8
    + ["report", "leave", "leave", "crashed", "failed", "stale", "restart", "stop"]
)
EVENT = st.tuples(
    ACTIONS,
    st.integers(0, 5),
    st.sampled_from([1, 1, 1, 1, 2, 5]),
    st.one_of(*[st.integers(0, 9).map(float)] * 9, st.just(math.nan)),
)
# A list of any length up to 120 is short most of the time, and then nobody comes to a rung.
EVENTS = st.integers(0, 120).flatmap(lambda count: st.lists(EVENT, min_size=count, max_size=count))
SEARCHES = st.builds(
    lambda shape, **rest: Search(*shape, **rest),
    st.sampled_from([(9, 3), (9, 2), (10, 3), (4, 2), (1, 3)]),
    brackets=st.integers(1, 3),
    workers=st.integers(1, 5),
    budget=st.integers(1, 24),
    minimize=st.booleans(),
)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=[pytest.mark.slow] * (kind not in ("stopping", "promotion")))
        for kind in SETTINGS
    ],
)
@given(events=EVENTS, search=SEARCHES, salt=st.integers(0, 10))
@settings(deadline=None, max_examples=2 * settings().max_examples)
def test_any_interleaving_gives_the_decisions_of_the_reference(
    kind: str, events: list[tuple[str, int, int, float]], search: Search, salt: int
) -> None:
    """Every decision, which trial is continued, every status, and the end, also where values are equal."""
    both = Both(kind, search)
    for event in events:
        both.act(*event)
    both.to_the_end(lambda number, epoch: float((number * 7 + epoch * salt) % 11))
    assert {trial.state.is_finished() for trial in both.study.trials} == {True}
    assert len(both.study.trials) == search.budget
    for trial in both.reference.trials:
        both.compare(trial.number)

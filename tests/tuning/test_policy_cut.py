"""The storage fails at any one record, and the search that is rebuilt from the study decides as if it had not."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend

from search.runs.record import REPORT, TrialRecord
from search.tuning.answers import Decision, Done, Limits, Start
from search.tuning.parts import schedulers
from search.tuning.policy import Policy
from tests.tuning.simulation import accuracy, policy, report

TRIALS, EPOCHS, WORKERS = 40, 9, 4

SCHEDULERS: dict[str, dict[str, Any]] = {
    "stopping": {"name": "asha", "brackets": 2, "audit": 0.2},
    "promotion": {"name": "asha", "kind": "promotion", "brackets": 2, "audit": 0.2},
    "hyperband": {"name": "hyperband", "audit": 0.2},
    "median": {"name": "median"},
}


class Full(OSError):  # noqa: N818
    """The disk is full."""


class Records(BaseJournalBackend):
    """A journal in memory, as lines of JSON, that fails once at record ``cut``."""

    def __init__(self, cut: int | None = None) -> None:
        self.lines: list[str] = []
        self._cut = cut

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        for log in logs:
            if len(self.lines) == self._cut:
                self._cut = None
                raise Full
            self.lines.append(json.dumps(log))

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        return map(json.loads, self.lines[log_number_from:])

    def decisions(self) -> list[tuple[int, str, str]]:
        """Every decision in the order in which it was recorded: trial, report, decision."""
        found = []
        for line in map(json.loads, self.lines):
            for key, value in line.get("system_attr", {}).items():
                if key.startswith(REPORT):
                    found.append((line["trial_id"], key, value["decision"]))
        return list(dict.fromkeys(found))  # one that is let live is recorded again, with the same decision


def curve(start: Start, epoch: int) -> float:
    """Curves that cross: the noise of a trial's epoch is its own, also where it is trained again."""
    return accuracy(start.config, epoch) + random.Random(100 * start.number + epoch).gauss(0, 0.1)


class Search:
    """Four workers; ``order`` is in which order their epochs arrived, or None to draw one."""

    def __init__(self, records: Records, kind: str, order: list[tuple[int, int]] | None = None) -> None:
        self.records = records
        self.kind = kind
        self.order = order
        self.arrived: list[tuple[int, int]] = []

    def run(self) -> list[TrialRecord]:
        """Drive to the end; when the storage fails, begin again from the study."""
        while True:
            try:
                made = self.build()
                self.drive(made)
                return made.records
            except Full:
                continue

    def build(self) -> Policy:
        storage = JournalStorage(self.records)
        study = optuna.create_study(
            storage=storage, study_name="s", direction="maximize", load_if_exists=True
        )
        settings = dict(SCHEDULERS[self.kind])
        rule = schedulers[settings.pop("name")].build(EPOCHS, **settings)
        return policy(study, budget=Limits(TRIALS, EPOCHS), workers=WORKERS, scheduler=rule, seed=3)

    def drive(self, made: Policy) -> None:
        running: dict[int, Start] = {}
        arrivals = self.arrivals(made, running)
        while True:
            while isinstance(answer := made.ask(), Start):
                running[answer.number] = answer
            if isinstance(answer, Done):
                assert not running
                return
            number, epoch = next(arrivals)
            start = running[number]
            told = made.report(number, report(epoch, curve(start, epoch)), checkpoint=str(epoch))
            if told is not Decision.CONTINUE:
                made.finish(number, "paused" if told is Decision.PAUSE else "stopped")
                del running[number]

    def arrivals(self, made: Policy, running: dict[int, Start]) -> Iterator[tuple[int, int]]:
        """Yield which trial's epoch comes next: the recorded ones that the study lacks, or drawn ones."""
        for number, epoch in self.order or ():
            if number >= len(made.records) or epoch not in made.record(number).values:
                yield number, epoch
        assert self.order is None, "more epochs were trained than in the search that was not cut"
        chosen = random.Random(1)
        while True:
            number = chosen.choice(sorted(running))
            self.arrived.append((number, made.record(number).step + 1))
            yield self.arrived[-1]


def decided(known: TrialRecord) -> object:
    """All that was decided for a trial; the stints of a search that was cut are others."""
    rungs = [r.rungs for r in known.reports.values()]
    said = [r.decision for r in known.reports.values()]
    return known.number, known.point, known.bracket, known.status, known.reason, known.values, said, rungs


@pytest.fixture(scope="module", params=SCHEDULERS)
def uncut(request: pytest.FixtureRequest) -> tuple[Search, list[TrialRecord]]:
    search = Search(Records(), request.param)
    return search, search.run()


def check(uncut: tuple[Search, list[TrialRecord]], cut: int) -> None:
    whole, expected = uncut
    again = Search(Records(cut), whole.kind, whole.arrived)
    found = again.run()
    assert again.records.decisions() == whole.records.decisions()
    assert [decided(known) for known in found] == [decided(known) for known in expected]
    assert {known.status for known in found} <= {"completed", "stopped"}
    assert all(stint.ending for known in found for stint in known.stints)


def test_the_search_that_is_cut_is_worth_cutting(uncut: tuple[Search, list[TrialRecord]]) -> None:
    search, records = uncut
    statuses = [known.status for known in records]
    assert len(records) == TRIALS
    assert statuses.count("completed") >= 3
    assert statuses.count("stopped") >= 10
    if "audit" in SCHEDULERS[search.kind]:
        assert any(rung.audited for known in records for r in known.reports.values() for rung in r.rungs)


def test_cut_at_a_record_it_decides_as_if_it_had_not_been(uncut: tuple[Search, list[TrialRecord]]) -> None:
    """A stride that is prime to what is repeated; all of them are `slow`."""
    for cut in range(0, len(uncut[0].records.lines), 41):
        check(uncut, cut)


@pytest.mark.slow
def test_cut_at_every_record_it_decides_as_if_it_had_not_been(
    uncut: tuple[Search, list[TrialRecord]],
) -> None:
    for cut in range(len(uncut[0].records.lines)):
        check(uncut, cut)

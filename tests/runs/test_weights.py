"""The weights of a run stay within their budget, or nothing is left that may be deleted."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from search.runs.keeper import prune_checkpoints
from search.runs.layout import RunLayout
from search.runs.ranking import Scoring
from search.runs.record import RecordedReport, Stint, TrialRecord
from search.runs.weights import Weights

SCORING = Scoring()
EPOCHS = 3
KEPT = 2
"""Checkpoints of whole epochs that a worker keeps."""

moves = st.lists(
    st.tuples(
        st.sampled_from(["epoch", "epoch", "epoch", "pause", "stop", "fail"]),
        st.integers(0, 5),
        st.integers(1, 40),
        st.integers(0, 9),
    ),
    max_size=40,
)


class Simulated:
    """Trials that train by writing files; every rule of the run's keeping is the real one."""

    def __init__(self, root: Path, limit: int) -> None:
        self.layout, self.limit = RunLayout(root), limit
        self.weights = Weights(self.layout, limit)
        self.records: list[TrialRecord] = []

    @property
    def running(self) -> list[int]:
        return [known.number for known in self.records if known.status == "running"]

    def begin(self) -> None:
        if not self.weights.why_full(self.records, self.running, SCORING):
            stint = (Stint(attempt=1, start=0.0),)
            self.records.append(TrialRecord(len(self.records), "running", {}, {}, stint))

    def epoch(self, number: int, size: int, value: int) -> None:
        known = self.records[number]
        step = known.step + 1
        attempt = self.layout.trial(number).attempt(known.attempt)
        attempt.folder.mkdir(parents=True, exist_ok=True)
        attempt.checkpoint(step).write_bytes(b"x" * size)
        for old in attempt.checkpoints()[:-KEPT]:
            old.unlink()
        told = RecordedReport(
            step, step, value, 1.0, 1, self.layout.relative(attempt.checkpoint(step)), "continue"
        )
        values = {**known.values, step: float(value)}
        self.records[number] = replace(known, reports={**known.reports, step: told}, values=values)
        if step == EPOCHS:
            self.end(number, "completed")

    def cut(self, number: int, size: int) -> None:
        known = self.records[number]
        attempt = self.layout.trial(number).attempt(known.attempt)
        attempt.folder.mkdir(parents=True, exist_ok=True)
        attempt.partial(known.step).write_bytes(b"x" * size)

    def end(self, number: int, status: str) -> None:
        self.records[number] = replace(self.records[number], status=status)  # type: ignore[arg-type]
        if status != "waiting":
            self.weights.count(prune_checkpoints(self.layout, self.records, [number], SCORING))

    def settle(self, number: int) -> None:
        self.weights.count([number])
        self.weights.keep_within(self.records, SCORING)

    def files(self) -> dict[int, int]:
        found = {n: sum(p.stat().st_size for p in self.paths(n)) for n in range(len(self.records))}
        return {number: size for number, size in found.items() if size}

    def paths(self, number: int) -> Sequence[Path]:
        return list(self.layout.trial(number).folder.rglob("checkpoint-*.pt"))


@settings(max_examples=40, deadline=None)
@given(moves, st.integers(20, 200))
def test_the_weights_are_within_the_budget_or_all_of_them_are_needed(
    played: list[tuple[str, int, int, int]], limit: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        search = Simulated(Path(folder), limit)
        for move, which, size, value in played:
            search.begin()
            number = search.running[which % len(search.running)] if search.running else None
            if number is None:
                continue
            if move == "epoch":
                search.epoch(number, size, value)
            else:
                ends = {"pause": "waiting", "stop": "stopped", "fail": "failed"}
                search.end(number, ends[move])
            search.settle(number)
            files = search.files()
            assert search.weights.used == sum(files.values())
            completed = [known for known in search.records if known.status == "completed"]
            best = max(completed, key=lambda known: (known.values[EPOCHS], -known.number), default=None)
            if sum(files.values()) > limit:
                needed = {known.number for known in search.records if known.status in ("running", "waiting")}
                assert set(files) <= needed | ({best.number} if best else set())
            if best:
                assert best.number in files, "the best trial's weights were deleted"
            for known in search.records:
                if known.status in ("running", "waiting") and known.reports:
                    assert known.number in files, "who may go on has lost its weights"
                if known.status in ("stopped", "failed"):
                    assert known.number not in files


def test_trials_of_one_size_never_take_more_than_the_budget(tmp_path: Path) -> None:
    """Once one epoch has told how large a checkpoint is, no new trial begins that would not fit."""
    search = Simulated(tmp_path, limit=65)
    search.begin()
    search.epoch(0, 10, 1)
    search.settle(0)
    for _ in range(4):
        search.begin()
    assert search.running == [0, 1], "two trials with three checkpoints each take 60 of 65"
    assert "new trials wait: the checkpoints take 1e-08 of 6.5e-08 GB" in search.weights.why_full(
        search.records, search.running, SCORING
    )
    for step in range(2, EPOCHS + 1):
        for number in (0, 1):
            search.epoch(number, 10, step)
            search.settle(number)
        for number in search.running:
            search.cut(number, 10)
            search.settle(number)
        assert sum(search.files().values()) <= 65, "all were cut at once: their machines go"
        for number in search.running:
            search.layout.trial(number).attempt(1).partial(search.records[number].step).unlink()
            search.settle(number)
    search.begin()
    assert search.running == [1], "the best trial's weights take 10, too"
    search.epoch(1, 10, 0)
    search.settle(1)
    search.begin()
    assert search.running == [2]


def test_a_run_without_a_budget_counts_nothing(tmp_path: Path) -> None:
    weights = Weights(RunLayout(tmp_path), None)
    weights.count([0])
    assert weights.used == 0
    assert weights.keep_within([], SCORING) == []
    assert weights.why_full([], [0], SCORING) == ""

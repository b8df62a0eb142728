"""A worker says of a trial that was split that it was, and of one that cannot be split any further why it failed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from search.runs.layout import AttemptLayout, RunLayout
from search.tuning.assignment import Assignment
from search.tuning.packing import lacked_memory
from search.tuning.stint import StintRunner
from search.tuning.vocabulary import vocabulary
from tests.inprocess import plan_in
from tests.training.test_step import Memory, limited_cnn


@contextmanager
def runner(folder: Path) -> Iterator[tuple[StintRunner, AttemptLayout]]:
    tiny = {"architecture": "cnn", "layers": 1, "width": 4, "dense_units": 8}
    point = {**tiny, "optimizer": "adam", "learning_rate": 0.01}
    config = plan_in(folder).trial_config(point, seed=0, vocabulary=vocabulary())
    layout = RunLayout(folder / "run")
    layout.root.mkdir()
    layout.plan.touch()
    with closing(StintRunner(Assignment(str(layout.root), 0, 1, config), device="cpu")) as made:
        yield made, layout.trial(0).attempt(1)


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    return limited_cnn(monkeypatch)


def test_what_was_split_stands_with_the_trial_and_in_its_log(memory: Memory, tmp_path: Path) -> None:
    memory.training = memory.evaluation = 50
    with runner(tmp_path) as (made, attempt):
        assert made.step().failure == ""
    said = json.loads(attempt.environment.read_text())["memory"]
    first, _, second = said.partition("; ")
    assert first.startswith("batches of")
    assert first.endswith("parts: they do not fit into memory")
    assert second.startswith("no more than")
    log = attempt.log.read_text()
    assert first in log
    assert f"OutOfMemoryError: {memory.error}" in log


def test_where_everything_fits_nothing_is_said(memory: Memory, tmp_path: Path) -> None:
    memory.evaluation = 10**6
    with runner(tmp_path) as (made, attempt):
        assert made.step().failure == ""
    assert "memory" not in json.loads(attempt.environment.read_text())


def test_what_cannot_be_split_fails_so_that_a_larger_share_of_a_gpu_is_tried(
    memory: Memory, tmp_path: Path
) -> None:
    memory.training = 1
    with runner(tmp_path) as (made, _):
        failure = made.step().failure
    assert failure.startswith("out of memory: a batch of 2 images of 1×8×8")
    assert lacked_memory(failure)

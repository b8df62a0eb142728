"""The driver pays little for its books: an account stands for a while, longer where it was slow to draw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import search
from search.runs.account import EVERY, Accountant
from search.runs.layout import RunLayout
from search.runs.record import TrialRecord
from search.runs.sparing import SHARE
from tests.inprocess import plan_in


class Clock:
    """Advances by ``step`` at each look."""

    def __init__(self) -> None:
        self.now = self.step = 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


@pytest.mark.parametrize(("took", "stands"), [(0.0, EVERY), (1.0, SHARE)])
def test_an_account_is_drawn_again_when_it_is_due(tmp_path: Path, took: float, stands: float) -> None:
    clock = Clock()
    accountant = Accountant(plan_in(tmp_path), RunLayout(tmp_path), clock=clock)
    clock.step = took
    first = accountant.account([], left=4)
    clock.step, drawn = 0.0, clock.now
    more = [TrialRecord(0, "stopped", {}, {}, (), values={1: 0.5})]
    clock.now = drawn + 0.99 * stands
    assert accountant.account(more, left=3) is first
    clock.now = drawn + stands
    assert accountant.account(more, left=3).ledger.total.epochs == 1


def test_a_damaged_file_of_logits_does_not_end_a_search(tmp_path: Path) -> None:
    layout = RunLayout(tmp_path)
    file = layout.trial(0).validation
    file.parent.mkdir(parents=True)
    completed = [TrialRecord(0, "completed", {}, {}, (), values={3: 0.5})]
    file.write_bytes(b"PK\x03\x04 no more")
    plan = plan_in(tmp_path)
    assert Accountant(plan, layout).account(completed, left=1).forecast.images is None
    with file.open("wb") as whole:
        np.savez(whole, labels=np.zeros(7, np.int64))
    assert Accountant(plan, layout).account(completed, left=1).forecast.images == 7


def test_the_reading_api_has_both(finished: Path) -> None:
    run = search.open_run(finished)
    found = run.ledger()
    assert found.total.epochs == sum(trial.epochs for trial in run.trials) == run.progress().epochs_spent
    assert found.total.hours * 3600 == pytest.approx(sum(trial.seconds for trial in run.trials))
    assert [row.name for row in found.rungs][-1].endswith("–3")
    assert [row.name for row in found.architectures] == ["cnn"]
    assert run.audit() is None
    assert run.forecast().advice == "too early"
    assert run.forecast().images == run.trial(0).validation_images

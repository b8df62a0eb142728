"""What is wrong with a search: each complaint from a search that has just that."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from dashboard.prepare.health import MOST_TRIALS, health, stalled
from dashboard.prepare.reports import reports
from search.runs.record import Ending, Stint, TrialRecord
from tests.dashboard.records import curve, report, run, trial


def running(*, start: float = 0.0, epochs: int = 3, each: float = 30.0) -> TrialRecord:
    told = [report(step, 0.5, seconds=step * each) for step in range(1, epochs + 1)]
    return trial(0, told, status="running", stints=[Stint(1, start, host="node1", device="cuda:0")])


@pytest.mark.parametrize(("now", "count"), [(90 + 149, 0), (90 + 151, 1)])
def test_a_trial_stalls_after_five_of_its_own_epochs(now: float, count: int) -> None:
    found = stalled([running()], reports([running()]), now=now)
    assert len(found) == count
    if found:
        assert "on node1 cuda:0; its epochs take 30.0 s" in found[0].reason
        assert found[0].trials == (0,)


def test_short_epochs_never_stall_within_a_minute() -> None:
    known = running(each=0.1)
    assert not stalled([known], reports([known]), now=59.0)
    assert stalled([known], reports([known]), now=62.0)


def test_a_first_epoch_is_judged_by_the_other_trials_else_it_has_ten_minutes() -> None:
    fresh = trial(1, [], status="running", stints=[Stint(1, 0.0)])
    assert not stalled([fresh], reports([fresh]), now=599.0)
    assert stalled([fresh], reports([fresh]), now=601.0)
    both = [running(start=1000.0), fresh]
    assert [one.trials for one in stalled(both, reports(both), now=151.0)] == [(1,)]


def test_a_stint_that_has_just_begun_is_no_stall_though_the_last_report_is_old() -> None:
    stints = [Stint(1, 0.0, end=90.0, ending="orphaned"), Stint(2, 5000.0)]
    known = trial(0, [report(1, 0.5, seconds=30.0)], status="running", stints=stints)
    assert not stalled([known], reports([known]), now=5100.0)


def test_a_trial_that_waits_for_a_node_of_a_cluster_is_no_stall() -> None:
    waits = trial(1, [], status="running", stints=[Stint(1, 0.0)])
    runs = trial(0, [report(1, 0.5)], status="running", stints=[Stint(1, 4999.0, host="a", node="n1")])
    assert not stalled([runs, waits], reports([runs, waits]), now=5000.0)


def test_a_node_that_eats_trials_is_named_with_those_trials(tmp_path: Path) -> None:
    works = trial(0, [report(1, 0.5)], status="completed", stints=[on("n1", 0.0, "completed")])
    eaten = [trial(n, [], status="waiting", stints=[on("n2", float(n), "crashed")]) for n in (1, 2, 3)]
    found = health(run(tmp_path / "run", [works, *eaten]), reports([works]), "finished", now=99.0)
    (avoided,) = [one for one in found if one.kind == "avoided"]
    assert avoided.title == "The node host-n2 is avoided"
    assert avoided.trials == (1, 2, 3)
    assert "it broke" in avoided.reason


def on(node: str, start: float, ending: Ending) -> Stint:
    """Return a stint on a node that has ended."""
    return Stint(1, start, host=f"host-{node}", node=node).ended(ending, at=start + 9, reason="it broke")


def test_trials_stall_only_where_somebody_drives_the_search(tmp_path: Path) -> None:
    made = run(tmp_path / "run", [running()])
    told = reports([running()])
    assert [one.kind for one in health(made, told, "running", now=1e6)] == ["stalled"]
    assert health(made, told, "interrupted", now=1e6) == []


def test_failures_are_grouped_by_reason_and_diverged_ones_together(tmp_path: Path) -> None:
    records = [
        curve(0, [0.5], status="failed", reason="CUDA out of memory"),
        curve(1, [math.nan], status="failed", reason="the objective became nan at epoch 1"),
        curve(2, [0.5], status="failed", reason="CUDA out of memory"),
        curve(3, [0.5, math.inf], status="failed", reason="the objective became inf at epoch 2"),
        curve(4, [], status="failed"),
    ]
    found = health(run(tmp_path / "run", records), reports(records), "finished", now=0.0)
    assert [(one.kind, one.trials) for one in found] == [
        ("failed", (0, 2)),
        ("diverged", (1, 3)),
        ("failed", (4,)),
    ]
    assert found[0].reason == "CUDA out of memory"
    assert found[2].reason == "no reason is recorded"


def test_a_complaint_lists_some_trials_and_counts_all(tmp_path: Path) -> None:
    records = [curve(number, [], status="failed", reason="no disk") for number in range(50)]
    (found,) = health(run(tmp_path / "run", records), reports(records), "finished", now=0.0)
    assert found.title == "50 trials failed"
    assert len(found.trials) == MOST_TRIALS


def test_restarted_and_rejected_trials_are_told(tmp_path: Path) -> None:
    cut = Stint(1, 0.0, end=9.0, ending="crashed", reason="the worker died")
    records = [
        curve(0, [0.5], stints=[cut, Stint(2, 10.0, end=20.0, ending="completed")]),
        curve(1, [], status="rejected", reason="parameters 9 is above 5"),
    ]
    found = health(run(tmp_path / "run", records), reports(records), "finished", now=0.0)
    assert [(one.kind, one.trials, one.reason) for one in found] == [
        ("restarted", (0,), "the worker died"),
        ("rejected", (1,), "parameters 9 is above 5"),
    ]


def test_a_torn_journal_and_damaged_logs_are_named_first(tmp_path: Path) -> None:
    made = run(tmp_path / "run", [])
    (made.layout.root / "study.journal.torn-17").write_bytes(b"{")
    (found,) = health(made, reports([]), "finished", now=0.0, damage=["corrupt record at byte 9 of x"])
    assert (found.kind, found.title) == ("damaged", "2 files are damaged")
    assert "corrupt record at byte 9 of x\n" in found.reason
    assert "study.journal.torn-17" in found.reason


def test_a_search_without_trouble_has_no_complaints(tmp_path: Path) -> None:
    records = [curve(0, [0.5, 0.6], stints=[Stint(1, 0.0, end=2.0, ending="completed")])]
    assert health(run(tmp_path / "run", records), reports(records), "running", now=1e9) == []

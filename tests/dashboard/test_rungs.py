"""The ladder, from hand-made searches and against brute force."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.prepare.rung_advice import advice
from dashboard.prepare.rungs import Ladder, bracket_text, epochs, ladder, missed, none_text, window
from dashboard.prepare.table import table
from search.runs.record import RecordedReport, RungDecision, Stint, TrialRecord
from search.runs.run import Run
from tests.dashboard.records import curve, no_logs, report, run, trial


def asha(values: list[list[float]], *, factor: int = 3, sign: float = 1.0) -> list[TrialRecord]:
    """Run stopping-type ASHA with rungs 1 and 3, written again from the paper, trial after trial."""
    seen: dict[int, list[float]] = {1: [], 3: []}
    records = []
    for number, told in enumerate(values):
        reports: list[RecordedReport] = []
        for step, value in enumerate(told, start=1):
            rungs, decision = (), "continue" if step < len(told) else "stop"
            if step in seen:
                seen[step].append(sign * value)
                places = len(seen[step]) // factor
                cutoff = sorted(seen[step], reverse=True)[places - 1] if places else None
                keep = cutoff is None or sign * value >= cutoff
                told_cutoff = None if cutoff is None else sign * cutoff
                rungs = (RungDecision(step, keep=keep, cutoff=told_cutoff, standing=len(seen[step])),)
                decision = decision if keep else "stop"
            reports.append(report(step, value, decision=decision, rungs=rungs))
            if decision == "stop":
                break
        whole = len(reports) == len(told)
        records.append(trial(number, reports, status="completed" if whole else "stopped"))
    return records


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "run"


VALUES = [
    [0.5, 0.6, 0.7, 0.8],
    [0.4, 0.5, 0.6, 0.7],
    [0.45, 0.5, 0.5, 0.5],  # the third: the best third is one trial, 0.5
    [0.6, 0.7, 0.9, 0.9],
    [0.1, 0.2, 0.3, 0.4],
    [0.58, 0.6, 0.6, 0.6],  # two of six go on: 0.6 and itself
]


def test_a_ladder_says_who_stood_where_and_what_became_of_them(folder: Path) -> None:
    found = ladder(run(folder, asha(VALUES)))
    first = found.arrivals[found.arrivals["rung"] == 1]
    assert first["trial"].tolist() == [0, 1, 2, 3, 4, 5]
    assert first["fate"].tolist() == ["went on", "went on", "stopped", "went on", "stopped", "went on"]
    assert first["place"].tolist() == [3, 5, 4, 1, 6, 2]
    assert first["missed"].round(4).fillna(-1).tolist() == [-1, -1, 0.05, -1, 0.5, -1]
    assert set(first["now"]) == {0.58}
    row = found.rungs.iloc[0]
    assert (row["trials"], row["went on"], row["stopped"]) == (6, 4, 2)
    assert (row["cutoff"], row["pass_now"], row["fail_now"]) == (0.58, 0, 2)
    assert epochs(found, 4) == (1, 3, 4)


def test_the_narrowest_miss_comes_first(folder: Path) -> None:
    misses = missed(ladder(run(folder, asha(VALUES))).arrivals)
    assert misses["missed"].is_monotonic_increasing
    assert misses["trial"].tolist() == [2, 5, 4]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(
    st.lists(st.lists(st.floats(0, 1), min_size=4, max_size=4), min_size=1, max_size=12),
    st.booleans(),
    st.integers(2, 4),
)
def test_whatever_the_values_cut_offs_places_and_misses_are_those_of_brute_force(
    folder: Path, values: list[list[float]], maximize: bool, factor: int
) -> None:
    sign = 1.0 if maximize else -1.0
    metric = {"metric": "val/accuracy" if maximize else "val/loss"}
    scheduler = {"name": "asha", "grace_period": 1, "reduction_factor": factor}
    records = asha(values, factor=factor, sign=sign)
    found = ladder(run(folder, records, objective=metric, scheduler=scheduler))
    for rung, rows in found.arrivals.groupby("rung"):
        stood = sorted((sign * known.values[rung] for known in records if rung in known.values), reverse=True)
        assert len(rows) == len(stood)
        places = len(stood) // factor
        now = sign * stood[places - 1] if places else math.nan
        np.testing.assert_array_equal(rows["now"], now)
        for row in rows.itertuples():
            assert row.place == 1 + sum(other > sign * row.value for other in stood)
            assert row.of == len(stood)
            assert math.isnan(row.missed) or row.missed > 0
    stopped = sum(known.status == "stopped" for known in records)
    assert int(found.rungs["stopped"].sum()) == stopped


def paused(
    number: int, value: float, *, status: str = "waiting", more: tuple[RecordedReport, ...] = ()
) -> TrialRecord:
    rungs = [RungDecision(1, keep=False, cutoff=None, standing=number + 1)]
    reports = [report(1, value, decision="pause", rungs=rungs), *more]
    stints = [
        Stint(1, 0.0, end=1.0, ending="paused"),
        *([Stint(2, 5.0)] if more or status == "running" else []),
    ]
    return trial(number, reports, status=status, stints=stints)  # type: ignore[arg-type]


def test_where_trials_are_promoted_those_that_wait_and_those_that_went_on_are_told_apart(
    folder: Path,
) -> None:
    records = [
        paused(0, 0.5),
        paused(1, 0.9, status="completed", more=(report(2, 0.95, attempt=2),)),
        paused(2, 0.1, status="stopped"),
        paused(3, 0.8, status="running"),  # promoted, and has not reported since
    ]
    scheduler = {"name": "asha", "kind": "promotion", "reduction_factor": 3}
    found = ladder(run(folder, records, scheduler=scheduler))
    assert found.arrivals["fate"].tolist() == ["waiting", "went on", "stopped", "went on"]
    assert set(found.arrivals["now"]) == {0.9}
    assert found.arrivals["missed"].round(4).fillna(-1).tolist() == [0.4, -1, 0.8, -1]


def test_in_hyperband_a_bracket_of_nine_sends_three_and_then_one_on(folder: Path) -> None:
    """Li et al. 2018: of the n that began, n / 3 and then n / 9 go on; also before all of them have come."""
    first = [paused(number, number / 10) for number in range(6)]
    late = [curve(number, [], status="running") for number in (6, 7, 8)]
    found = ladder(run(folder, [*first, *late], scheduler={"name": "hyperband", "reduction_factor": 3}))
    assert set(found.arrivals["now"]) == {0.3}, "three of nine go on, though six have come"


def test_median_stopping_compares_the_best_so_far_with_the_median_of_means(folder: Path) -> None:
    def at_two(number: int, values: list[float], *, keep: bool) -> TrialRecord:
        rungs = [RungDecision(2, keep=keep, cutoff=0.4, standing=number + 1)]
        reports = [
            report(1, values[0]),
            report(2, values[1], rungs=rungs, decision="continue" if keep else "stop"),
        ]
        return trial(number, reports, status="completed" if keep else "stopped")

    records = [
        at_two(0, [0.2, 0.4], keep=True),
        at_two(1, [0.6, 0.5], keep=True),
        at_two(2, [0.3, 0.1], keep=False),
    ]
    found = ladder(run(folder, records, scheduler="median"))
    assert found.arrivals["value"].tolist() == [0.4, 0.6, 0.3], "the best so far"
    assert found.arrivals["now"].iloc[0] == pytest.approx(0.3), "the median of 0.3, 0.55 and 0.2"
    assert found.arrivals["missed"].iloc[2] == pytest.approx(0.1)


def audited(folder: Path) -> Run:
    """A condemned trial that was let live: it stands at rung 1, and at no later one."""
    one = RungDecision(1, keep=True, cutoff=0.5, standing=3, audited=True)
    three = RungDecision(3, keep=True, cutoff=0.6, standing=2, audited=True)
    spared = trial(2, [report(1, 0.1, rungs=[one]), report(2, 0.2), report(3, 0.9, rungs=[three])])
    return run(folder, [*asha(VALUES[:2]), spared])


def test_the_control_group_is_shown_and_moves_no_later_cut_off(folder: Path) -> None:
    found = ladder(audited(folder)).arrivals
    mine = found[found["trial"] == 2]
    assert mine["fate"].tolist() == ["let live", "let live"]
    assert mine["stands"].tolist() == [True, False]
    assert mine["of"].fillna(-1).tolist() == [3, -1]


def test_each_bracket_has_its_own_cut_offs(folder: Path) -> None:
    low = [RungDecision(3, keep=True, cutoff=None, standing=1, bracket=1)]
    other = trial(6, [report(1, 0.9), report(2, 0.9), report(3, 0.99, rungs=low)], bracket=1)
    found = ladder(run(folder, [*asha(VALUES), other]))
    assert found.brackets == [0, 1]
    assert found.arrivals[found.arrivals["bracket"] == 1]["of"].tolist() == [1]
    assert bracket_text(found, 1) == "bracket 1: epochs 3; 1 trials"


@pytest.mark.parametrize(
    ("scheduler", "foreign", "said"),
    [
        ("none", False, "compares no trials"),
        ("asha", False, "No trial has come"),
        ("asha", True, "another program"),
    ],
)
def test_without_rungs_there_is_a_reason(folder: Path, scheduler: str, foreign: bool, said: str) -> None:
    measured = no_logs(folder / "logs", 1) if foreign else None
    made = run(folder, [curve(0, [0.5])], scheduler=scheduler, measured=measured)
    assert ladder(made).rungs.empty
    assert said in none_text(made)
    assert advice(made, table(made), ladder(made)) == []


def said(made: Run) -> str:
    found: Ladder = ladder(made)
    return "\n".join(advice(made, table(made), found))


def test_the_advice_counts_the_epochs_of_another_grace_period(folder: Path) -> None:
    """Trials 2 and 4 were stopped at epoch 1: to let them come to epoch 3 costs two epochs each, of 15 trained."""
    made = run(folder, asha(VALUES), budget={"trials": 6, "epochs": 4})
    spent = made.progress().epochs_spent
    assert f"a grace period of 3 instead of 1 would have cost 4 more epochs, {4 / spent:.0%}" in said(made)


def test_the_advice_looks_before_the_lowest_rung_where_nobody_was_selected(folder: Path) -> None:
    def late(number: int) -> TrialRecord:
        rungs = [RungDecision(3, keep=number > 3, cutoff=0.3, standing=number + 1)]
        values = [number / 10, number / 10, number / 10]
        reports = [report(1, values[0]), report(2, values[1]), report(3, values[2], rungs=rungs)]
        return trial(number, reports, status="stopped" if number <= 3 else "completed")

    text = said(run(folder, [late(number) for number in range(6)], budget={"trials": 6, "epochs": 9}))
    assert "the order at epoch 1 agrees with that at epoch 3 by 1.00" in text
    assert "the 4 trials that were stopped at epoch 3 would have cost up to 8 epochs less" in text


def test_the_advice_says_which_reduction_factor_lets_the_best_pass(folder: Path) -> None:
    """Trial 3 wins; at epoch 1 and 3 it is the first of six and of four."""
    assert "place 1 of 4 at epoch 3 at the narrowest: in today's order a reduction factor of up to 4" in said(
        run(folder, asha(VALUES), budget={"trials": 6, "epochs": 4})
    )


def test_the_advice_reports_the_control_group(folder: Path) -> None:
    assert "Control group: of 1 condemned trials let live" in said(audited(folder))


def test_the_picture_begins_where_cut_offs_can_be_told_apart(folder: Path) -> None:
    values = [[0.90] * 4, [0.92] * 4, [0.95] * 4, [0.01] * 4]
    arrivals = ladder(run(folder, asha(values))).arrivals
    (low, high), outside = window(arrivals, maximize=True)
    assert outside == 1
    assert high is None
    assert low is not None
    assert 0.01 < low <= 0.90

"""The overview in figures and words, by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.charts.front_chart import front_chart
from dashboard.charts.palette import LIGHT
from dashboard.prepare import overview
from search.runs.reader import open_run
from search.runs.record import RungDecision, Stint
from search.runs.run import Run
from tests.dashboard.records import curve, report, run, trial


@pytest.fixture
def small(runs: Path) -> Run:
    return open_run(runs / "small")


def test_the_figures_count_what_was_trained_and_saved(small: Run) -> None:
    figures = {figure.name: (figure.value, figure.note) for figure in overview.figures(small, "finished")}
    assert figures["Best val/accuracy"] == ("0.9000", "trial 2, epoch 3")
    assert figures["Trials ended"] == ("4 of 4", "2 completed")
    assert figures["Epochs trained"][0] == "8"
    assert figures["Epochs saved"] == ("20%", "2, about 2 s")
    assert figures["Time taken"][0] == "48.0 s"
    assert overview.elapsed(small) == pytest.approx(48)


def test_a_running_search_says_what_is_left(tmp_path: Path) -> None:
    stints = [Stint(1, 0.0, end=9.0, ending="completed")]
    made = run(tmp_path / "run", [curve(0, [0.5] * 9, stints=stints)], budget={"trials": 2, "epochs": 9})
    assert overview.figures(made, "running")[-1].name == "Time left"
    assert overview.figures(made, "running")[-1].value == "about 9.0 s"


@pytest.mark.parametrize(("now", "seconds"), [(None, 100.0), (150.0, 150.0), (50.0, 100.0)])
def test_a_trial_that_runs_lasts_until_now_and_never_ends_before_its_start(
    now: float | None, seconds: float, tmp_path: Path
) -> None:
    ended = curve(0, [0.5], stints=[Stint(1, 0.0, end=90.0, ending="completed")])
    runs = curve(1, [], status="running", stints=[Stint(1, 100.0)])
    assert overview.elapsed(run(tmp_path / "run", [ended, runs]), now) == seconds


def test_a_stint_that_ended_at_the_clock_s_zero_has_ended(tmp_path: Path) -> None:
    ended = curve(0, [0.5], stints=[Stint(1, -9.0, end=0.0, ending="completed")])
    assert overview.elapsed(run(tmp_path / "run", [ended]), 99.0) == 9


def test_each_status_has_its_count(small: Run) -> None:
    assert [text for text, _ in overview.counts(small.progress())] == [
        "2 completed",
        "1 stopped early",
        "1 failed",
    ]


def test_the_best_card_says_how_sure_it_is_and_by_how_much_it_won(small: Run) -> None:
    best = overview.best(small)
    assert best is not None
    # Wilson's interval for 90 of 100, from the literature: 0.8256 to 0.9448.
    assert "on 100 validation images" in best.score
    assert "0.8256 to 0.9448" in best.score
    assert best.gain == "+0.1000 over the start recipe (trial 0) at epoch 3: 0.8000 to 0.9000."
    assert "best of 3" in best.caveat  # the fourth failed
    assert best.settings == {"optimizer": "sgd", "learning_rate": "0.02", "momentum": "0.5"}


def test_savings_are_listed_by_rung_and_by_architecture_and_add_up(tmp_path: Path) -> None:
    stop = RungDecision(1, keep=False, cutoff=0.9, standing=3)
    records = [
        trial(0, [report(step, 0.9, seconds=step * 3600.0) for step in range(1, 10)]),
        trial(1, [report(1, 0.1, seconds=3600.0, decision="stop", rungs=[stop])], status="stopped"),
    ]
    rows = overview.savings(run(tmp_path / "run", records).ledger())
    assert rows == [
        ("epochs 1–1", "2", "2", "2.0 h", "0", "0 s"),
        ("epochs 2–9", "1", "8", "8.0 h", "8", "8.0 h"),
        ("in all", "2", "10", "10.0 h", "8", "8.0 h"),
    ]


def test_the_outlook_says_when_it_is_too_early(small: Run) -> None:
    assert overview.outlook(small.account) == [
        "Too few completed trials (2) to say what more time would bring."
    ]


def goals(tmp_path: Path) -> Run:
    records = [
        curve(0, [0.9], attributes={"parameters": 100.0, "latency_ms": 2.0}),
        curve(1, [0.8], attributes={"parameters": 50.0, "latency_ms": 1.0}),
        curve(2, [0.7], attributes={"parameters": 80.0, "latency_ms": 1.5}),
        curve(3, [0.99], status="stopped", attributes={"parameters": 10.0, "latency_ms": 0.1}),
    ]
    objectives = ["val/accuracy", {"attribute": "parameters", "mode": "min"}]
    return run(
        tmp_path / "run",
        records,
        objective=None,
        objectives=objectives,
        constraints=["latency_ms <= 3"],
    )


def test_the_trade_off_has_the_completed_trials_and_marks_the_front(tmp_path: Path) -> None:
    made = goals(tmp_path)
    found = overview.tradeoff(made)
    assert found is not None
    assert found.columns["trial"] == [0, 1, 2]
    assert found.columns["front"] == [True, True, False], "trial 1 is better than 2 in both; 3 was stopped"
    assert set(found.attributes) == {"latency_ms", "parameters"}
    chart = front_chart(
        found, "latency_ms", bounds=made.plan.constraints, metric="val/accuracy", palette=LIGHT
    )
    assert chart["dataset"][1]["source"]["trial"] == [0, 1]
    assert chart["series"][0]["markLine"]["data"][0]["xAxis"] == 3
    assert chart["xAxis"]["name"] == "latency (ms)"


def test_without_attributes_there_is_no_trade_off(small: Run) -> None:
    assert overview.tradeoff(small) is None


def test_a_run_with_a_plan_alone_has_no_best(tmp_path: Path) -> None:
    made = run(tmp_path / "run", [])
    assert overview.best(made) is None
    assert overview.figures(made, "interrupted")[0].value == "–"
    assert overview.counts(made.progress()) == []

"""What the pages show, against values counted by hand from the four trials in conftest.py."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.prepare import curves, leaderboard, overview, rows
from dashboard.prepare.staircase import Point, staircase
from dashboard.prepare.states import STATUS_TEXT, state_of
from dashboard.prepare.winner import winner
from dashboard.prepare.words import plain
from dashboard.shelf import try_open
from search.runs.ranking import Scoring
from search.runs.reader import open_run
from search.runs.record import RecordedReport, Status, Stint, TrialRecord
from search.runs.run import Run
from tests.dashboard.conftest import make_plan


@pytest.fixture
def run(runs: Path) -> Run:
    return open_run(runs / "small")


def test_the_staircase_rises_with_each_better_epoch_and_ends_at_the_last_report(run: Run) -> None:
    points, ends = staircase([trial.record for trial in run.trials], run.scoring)
    assert [(point.epochs, point.value) for point in points] == [
        (1, 0.5),
        (2, 0.7),
        (3, 0.8),
        (4, 0.9),
        (6, 0.95),
        (8, 0.95),
    ]
    # Trial 1 starts at 13 s and reports 11 s later; trial 2 starts at 24 s: its second epoch is there at 36 s.
    assert [round(point.seconds, 3) for point in points] == [11, 12, 13, 24, 36, 48]
    assert [(end.trial, end.epochs, end.score) for end in ends] == [(0, 3, 0.8), (1, 4, 0.9), (2, 7, 0.9)]


def record(number: int, values: list[float], start: float, status: Status = "running") -> TrialRecord:
    reports = {
        step: RecordedReport(step, step, value, float(step), 1, None, "continue")
        for step, value in enumerate(values, start=1)
    }
    stints = (Stint(1, start, end=None),)
    return TrialRecord(number, status, {}, reports, stints, values=dict(enumerate(values, start=1)))


@given(
    st.lists(
        st.tuples(st.lists(st.floats(0, 1) | st.just(math.nan), max_size=6), st.floats(0, 100)), max_size=6
    ),
    st.booleans(),
)
def test_the_staircase_is_the_running_best_whatever_the_trials(
    trials: list[tuple[list[float], float]], maximize: bool
) -> None:
    """Against brute force: the best of all finite values reported up to then."""
    records = [record(number, values, start) for number, (values, start) in enumerate(trials)]
    scoring = Scoring(maximize=maximize)
    points, _ = staircase(records, scoring)
    told = sorted(
        (known.stints[0].start + step, known.number, step, value)
        for known in records
        for step, value in known.values.items()
    )
    pick = max if maximize else min
    for point in points:
        seen = [value for *_, value in told[: point.epochs] if math.isfinite(value)]
        assert point.value == pick(seen)
    oriented = [point.value if maximize else -point.value for point in points]
    assert oriented == sorted(oriented)
    assert [point.epochs for point in points] == sorted({point.epochs for point in points})
    if any(math.isfinite(value) for *_, value in told):
        assert points[-1].epochs == len(told)


def test_a_stint_that_lasts_is_timed_from_its_start_and_a_later_one_from_where_it_took_over() -> None:
    reports = {
        1: RecordedReport(1, 1, 0.1, 5.0, 1, None, "pause"),
        2: RecordedReport(2, 2, 0.2, 9.0, 2, None, "continue"),
    }
    stints = (Stint(1, 100.0, end=107.0, ending="paused"), Stint(2, 200.0))
    known = TrialRecord(0, "running", {}, reports, stints, values={1: 0.1, 2: 0.2})
    points, ends = staircase([known], Scoring())
    # The first stint ended at 107 s, 5 s of training after its first report's clock began; the second adds 4 s.
    assert points == [Point(7.0, 1, 0.1), Point(104.0, 2, 0.2)]
    assert ends == []


def test_no_reports_give_no_staircase() -> None:
    assert staircase([], Scoring()) == ([], [])
    assert staircase([record(0, [], 0.0)], Scoring()) == ([], [])


def test_curves_of_one_status_are_joined_with_a_gap_after_each_and_where_a_value_is_not_finite(
    run: Run,
) -> None:
    lines = curves.by_status([trial.record for trial in run.trials])
    assert list(lines) == ["stopped", "completed", "failed"]
    assert lines["completed"].epochs == [1, 2, 3, None, 1, 2, 3, None]
    assert lines["completed"].values == [0.5, 0.7, 0.8, None, 0.6, 0.95, 0.9, None]
    assert lines["failed"].values == [None, None]
    assert curves.rungs([trial.record for trial in run.trials]) == [1]


def test_the_leaderboard_is_the_ranking_and_then_those_without_a_rank(run: Run) -> None:
    table = leaderboard.columns(run)
    assert table["trial"] == [2, 0, 1, 3]
    assert table["place"] == [1, 2, 3, None]
    assert table["score"] == [0.9, 0.8, 0.9, None]
    assert table["curve"] == [[0.6, 0.95, 0.9], [0.5, 0.7, 0.8], [0.9], []]
    assert table["status"] == ["completed", "completed", "stopped early", "failed"]
    assert table["momentum"] == [0.5, None, 0.9, None]
    assert "width" not in table, "a fixed parameter says nothing about a trial"
    assert leaderboard.curve_range(run) == (0.5, 0.95)


def test_a_column_of_mixed_types_becomes_text() -> None:
    assert leaderboard.column([1, 2.5, None]) == [1, 2.5, None]
    assert leaderboard.column([1, "auto", None, True]) == ["1", "auto", None, "true"]


def test_the_figures_count_what_was_trained_and_saved(run: Run) -> None:
    figures = {figure.name: (figure.value, figure.note) for figure in overview.figures(run, "finished")}
    assert figures["Best val/accuracy"] == ("0.9000", "trial 2, epoch 3")
    assert figures["Trials ended"] == ("4 of 4", "2 completed, 1 stopped early, 1 failed")
    assert figures["Epochs trained"][0] == "8"
    assert figures["Epochs saved"] == ("20%", "2 by early stopping")
    assert overview.elapsed(run) == pytest.approx(48)


def test_the_best_card_says_how_sure_it_is_and_by_how_much_it_won(run: Run) -> None:
    best = overview.best(run)
    assert best is not None
    # Wilson's interval for 90 of 100, from the literature: 0.8256 to 0.9448.
    assert "on 100 validation images" in best.score
    assert "0.8256 to 0.9448" in best.score
    assert best.gain == "+0.1000 over the start recipe (trial 0) at epoch 3: 0.8000 to 0.9000."
    assert "best of 4" in best.caveat
    assert best.settings == {"optimizer": "sgd", "learning_rate": "0.02", "momentum": "0.5"}


def test_the_winner_has_all_its_settings_and_the_paths_of_its_files(run: Run) -> None:
    won = winner(run)
    assert won is not None
    assert (won.trial, won.complete, won.full) == (2, True, True)
    assert "activation: relu" in won.settings.splitlines()
    weights = won.places[0]
    assert weights.there
    assert weights.path == run.layout.root / "trials/2/1/checkpoint-00003.pt"
    assert weights.path.read_bytes() == b"weights"


def test_a_checkpoint_outside_the_run_is_not_shown(runs: Path) -> None:
    """A foreign study may name any path."""
    journal = runs / "small" / "study.journal"
    text = journal.read_text(encoding="utf-8")
    journal.write_text(
        text.replace("trials/2/1/checkpoint-00003.pt", "../../../etc/passwd"), encoding="utf-8"
    )
    won = winner(open_run(runs / "small"))
    assert won is not None
    assert [place.name for place in won.places] == ["trial, as JSON", "plan of the search"]


def test_a_run_with_a_plan_alone_has_neither_best_nor_winner(tmp_path: Path) -> None:
    run = open_run(make_plan(tmp_path, "planned").root)
    assert overview.best(run) is None
    assert winner(run) is None
    assert leaderboard.columns(run)["trial"] == []
    assert leaderboard.curve_range(run) is None
    assert overview.figures(run, "interrupted")[0].value == "–"


@pytest.mark.parametrize(("driven", "state"), [(True, "running"), (False, "finished")])
def test_the_row_of_a_run_sums_it_up(runs: Path, driven: bool, state: str) -> None:
    made = rows.row("small", try_open(open_run(runs / "small").layout), driven=driven)
    assert (made.state, made.best, made.trials, made.progress, made.saved) == (state, 0.9, "4 of 4", 100, 20)
    assert made.start is not None
    assert made.start.timestamp() == 1_700_000_000


def test_a_search_that_nobody_drives_and_that_is_not_over_is_interrupted(tmp_path: Path) -> None:
    run = open_run(make_plan(tmp_path, "planned").root)
    assert state_of(run.progress(), driven=False) == "interrupted"


@given(st.text())
def test_plain_text_leaves_no_markdown_active(text: str) -> None:
    """Every ASCII punctuation mark is escaped, and unescaping gives the text back."""
    made = plain(text)
    assert "\n" not in made
    assert not re.search(r"[!-/:-@\[`{-~\]^_]", re.sub(r"\\[!-/:-@\[-`{-~]", "", made))
    assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", made) == " ".join(text.split())


def test_every_status_has_a_name_on_a_page() -> None:
    assert set(STATUS_TEXT) == set(get_args(Status))

"""A confirmation in words and columns: nothing is left out that the figure rests on, and damage is told."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from dashboard.charts.candidates_chart import candidates_chart, height_of
from dashboard.charts.palette import DARK, LIGHT
from dashboard.prepare import confirmed as prepared
from dashboard.prepare.confirmed import Confirmed
from search.runs.layout import RunLayout
from search.winner.confirmation.document import Confirmation, ConfirmationError
from search.winner.confirmation.schedule import CHOICE, TEST, PlannedTraining
from tests.dashboard.confirmations import candidate, confirming_run, document, write


def told(folder: Path, found: Confirmation) -> Confirmed:
    layout = RunLayout(folder)
    write(layout, found)
    made = prepared.confirmed(layout)
    assert made is not None
    return made


def test_a_run_without_a_confirmation_has_none(tmp_path: Path) -> None:
    assert prepared.confirmed(RunLayout(tmp_path)) is None


def test_the_figure_is_told_with_its_split_images_seeds_and_interval(tmp_path: Path) -> None:
    found = told(tmp_path, document())
    assert found.winner == 2
    assert found.figures == {
        "Expected test accuracy": "0.9650",
        "95 % interval": "0.9550 to 0.9750",
        "Chance to be the best": "70%",
        "Optimism of the search": "+0.0100",
    }
    text = "\n".join(found.sentences)
    assert (
        "0.9650 (95 % interval 0.9550 to 0.9750; 359 test images, 5 seeds, standard deviation 0.0020" in text
    )
    assert "with a probability of 70%" in text
    assert "The runner-up is trial 0, 0.0030 behind" in text
    assert found.warnings == ()


def test_without_test_images_the_figure_is_the_validation_images_and_says_so(tmp_path: Path) -> None:
    found = told(tmp_path, document(test=None))
    assert found.figures["Expected validation accuracy"] == "0.9700"
    assert "no test images" in found.warnings[0]


def test_test_images_that_another_model_has_seen_are_told(tmp_path: Path) -> None:
    found = told(tmp_path, document(looked={"2": 5, "1": 3}))
    assert "3 of trial 1" in found.warnings[0]


def test_the_candidates_stand_in_order_with_the_round_in_which_they_left(tmp_path: Path) -> None:
    three = (candidate(4, 0.9, phase=1), candidate(0, 0.967, phase=2), candidate(2, 0.97))
    table = told(tmp_path, document(candidates=three)).candidates
    assert table["trial"].tolist() == [2, 0, 4]
    assert table["stands"].tolist() == ["winner", "left in round 2", "left in round 1"]
    assert table["chance"].tolist() == pytest.approx([70, 30, 30])


def test_a_candidate_whose_trainings_all_failed_is_a_row_without_figures(tmp_path: Path) -> None:
    failed = candidate(0, 0.9, phase=1, validation=None, behind=None, score=None, failed=5)
    table = told(tmp_path, document(candidates=(candidate(2, 0.97), failed))).candidates
    assert table["interval"][1] == "failed"
    assert math.isnan(table["again"][1])
    assert table["seeds"][1] == 0


@pytest.mark.parametrize(
    "change",
    [
        {"winner": 99},
        {"candidates": []},
        {"optimism": "much"},
        {"looked": []},
        {"format": 9},
        {"test": {"mean": 1}},
    ],
)
def test_a_damaged_confirmation_is_an_error_in_a_sentence(tmp_path: Path, change: dict[str, Any]) -> None:
    layout = RunLayout(tmp_path)
    write(layout, document())
    said = {**json.loads(layout.confirmation.read_text()), **change}
    layout.confirmation.write_text(json.dumps(said))
    with pytest.raises(ConfirmationError, match=r"confirmation\.json"):
        prepared.confirmed(layout)


def test_trainings_are_told_from_other_trials_and_by_their_part(tmp_path: Path) -> None:
    done, under_way, final = (
        PlannedTraining(2, 11, CHOICE, 9),
        PlannedTraining(0, 12, CHOICE, 9),
        PlannedTraining(2, 13, TEST, 9),
    )
    confirming = confirming_run(tmp_path, {done: [0.9] * 9, under_way: [0.8] * 3, final: [0.95] * 9})
    assert [training for training, _ in prepared.trainings(confirming)] == [done, under_way, final]
    assert [(one.candidate, one.seed, one.final, one.accuracy) for one in prepared.fresh(confirming)] == [
        (2, 11, False, 0.9),
        (2, 13, True, 0.95),
    ]


def test_the_chart_has_a_dot_for_each_training_and_an_interval_for_each_candidate(tmp_path: Path) -> None:
    done = {
        PlannedTraining(2, 11, CHOICE, 9): [0.9] * 9,
        PlannedTraining(0, 11, CHOICE, 9): [0.8] * 9,
        PlannedTraining(2, 13, TEST, 9): [0.95] * 9,
    }
    columns = prepared.chart_rows(document(), prepared.fresh(confirming_run(tmp_path, done)))
    assert columns["rows"]["row"] == ["trial 2\nwinner", "trial 0\nleft in round 1"]
    assert columns["choice"]["accuracy"] == [0.9, 0.8]
    assert columns["final"]["row"] == ["trial 2\nwinner"]
    ends = columns["interval"]["accuracy"]
    assert ends[:2] == pytest.approx([0.96, 0.98])
    assert math.isnan(ends[2])
    options = candidates_chart(columns, LIGHT)
    assert [series["datasetIndex"] for series in options["series"]] == list(range(len(options["dataset"])))
    assert options["yAxis"][0]["data"] == columns["rows"]["row"]
    assert height_of(3) > height_of(2)


def test_without_the_trainings_the_means_are_drawn_all_the_same() -> None:
    options = candidates_chart(prepared.chart_rows(document(), []), DARK)
    assert [series["name"] for series in options["series"]] == ["95 % interval", "mean"]

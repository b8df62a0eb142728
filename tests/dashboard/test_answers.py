"""What is drawn of a trial's answers, counted by hand."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import search
from dashboard.prepare.answers import (
    Answers,
    answers,
    cells,
    confusions,
    differing_images,
    enlarged,
    per_class,
    worst_images,
)
from search.plan.trial_config import DataConfig
from search.runs.classification import class_scores, confusion_matrix
from search.runs.layout import RunLayout
from search.runs.pairing import pair
from search.runs.predictions import PredictionsError
from search.training.data import load_data
from search.training.predictions import Predictions

LABELS = np.array([0, 0, 0, 1, 1, 2])
GIVEN = np.array([0, 0, 1, 1, 0, 1])


def answered(classes: tuple[str, ...] = ("cat", "dog", "owl", "yak")) -> Answers:
    logits = np.eye(4, dtype=np.float16)[GIVEN] * np.float16(3)
    known = Predictions(logits, LABELS, np.arange(6), 2)
    matrix = confusion_matrix(known)
    return Answers(known, classes, matrix, class_scores(matrix))


def test_each_cell_has_its_count_or_its_share_of_the_row() -> None:
    columns = cells(answered(), shares=False).columns.set_index(["true", "predicted"])
    assert columns.loc[("cat", "dog"), "label"] == "1"
    assert columns.loc[("dog", "owl"), "label"] == ""
    assert columns.loc[("cat", "cat"), "shade"] == pytest.approx((2 / 3) ** 0.5)
    shares = cells(answered(), shares=True).columns.set_index(["true", "predicted"])
    assert shares.loc[("cat", "cat"), "label"] == "67"
    assert shares.loc[("yak", "yak"), "label"] == ""
    assert shares.loc[("yak", "yak"), "shade"] == 0


def test_of_many_classes_those_with_the_most_mistakes_are_drawn_in_their_order() -> None:
    found = cells(answered(), shares=False, most=2)
    assert found.classes == ("cat", "dog")
    assert found.left_out == 2


def test_classes_of_the_same_name_stay_apart() -> None:
    assert cells(answered(("a", "a", "b", "c")), shares=False).classes == ("a (0)", "a (1)", "b", "c")


def test_the_table_of_classes_says_nothing_where_nothing_is_known() -> None:
    table = per_class(answered()).set_index("class")
    assert table.loc["cat", "recall"] == pytest.approx(2 / 3)
    assert table.loc["cat", "precision"] == pytest.approx(2 / 3)
    assert table["images"].tolist() == [3, 2, 1, 0]
    assert np.isnan(table.loc["yak", "recall"])
    assert table.loc["yak", "recall interval"] == ""


def test_the_confusions_are_named_most_frequent_first() -> None:
    assert confusions(answered()) == [("cat", "dog", 1), ("dog", "cat", 1), ("owl", "dog", 1)]


def test_small_images_are_enlarged_without_blur() -> None:
    assert (
        enlarged(np.array([[[[1], [2]]]], dtype=np.uint8), side=4)[0, :, :, 0].tolist() == [[1, 1, 2, 2]] * 2
    )
    assert enlarged(np.zeros((1, 200, 200, 3), np.uint8)).shape == (1, 200, 200, 3)
    assert enlarged(np.zeros((0, 8, 8, 1), np.uint8)).shape == (0, 8, 8, 1)


def test_the_worst_images_of_a_real_trial_are_those_of_the_data_set(searched: Path) -> None:
    run = search.open_run(searched)
    found = answers(run, 0)
    sheet = worst_images(run, found, most=5)
    data = load_data(DataConfig("digits", validation=0.2))
    wrong = found.predictions.logits.argmax(axis=1) != found.predictions.labels
    assert sheet.pixels is not None
    assert len(sheet.captions) == min(5, int(wrong.sum()))
    shown = sheet.pixels[:, ::12, ::12]
    sources = data.validation.images[found.predictions.indices[wrong]]
    assert all(any(np.array_equal(one, other) for other in sources) for one in shown)


def test_the_images_on_which_two_trials_differ_are_given_with_what_the_wrong_one_said(searched: Path) -> None:
    run = search.open_run(searched)
    first, second = answers(run, 0), answers(run, 1)
    rows = pair(first.predictions, second.predictions).only_first
    sheet = differing_images(run, first, second, rows, most=3)
    assert len(sheet.captions) == min(3, len(rows))
    assert all("taken for" in text for text in sheet.captions)


def test_without_images_the_captions_stay_and_the_reason_is_given(searched: Path, tmp_path: Path) -> None:
    layout = RunLayout(Path(shutil.copytree(searched, tmp_path / "tiny")))
    layout.images.write_text('{"split": "f"}')
    run = search.open_run(layout.root)
    sheet = worst_images(run, answers(run, 0), most=5)
    assert sheet.pixels is None
    assert "older version" in sheet.reason
    assert sheet.captions


def test_a_trial_that_trains_has_the_answers_of_its_attempt(searched: Path, tmp_path: Path) -> None:
    layout = RunLayout(Path(shutil.copytree(searched, tmp_path / "tiny")))
    before = answers(search.open_run(layout.root), 0)
    layout.trial(0).validation.rename(
        layout.trial(0).attempt(search.open_run(layout.root).trial(0).record.attempt).validation
    )
    after = answers(search.open_run(layout.root), 0)
    assert np.array_equal(before.matrix, after.matrix)


def test_answers_that_were_written_anew_are_read_anew_and_missing_ones_are_told(
    searched: Path, tmp_path: Path
) -> None:
    layout = RunLayout(Path(shutil.copytree(searched, tmp_path / "tiny")))
    run = search.open_run(layout.root)
    answers(run, 0)
    answered().predictions.save(layout.trial(0).validation)
    assert len(answers(run, 0).predictions.labels) == 6
    layout.trial(0).validation.unlink()
    with pytest.raises(PredictionsError, match="has kept no predictions"):
        answers(run, 0)

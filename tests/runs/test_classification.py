"""Figures by class and by image, against scikit-learn, torchmetrics, SciPy and torch's own cross-entropy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn import metrics
from torchmetrics.functional.classification import multiclass_f1_score

from search.runs.classification import (
    accuracy,
    class_scores,
    confusion_matrix,
    losses,
    normalized,
    predicted,
    worst,
    wrong_at,
)
from search.runs.interval import wilson
from search.training.predictions import Predictions


def made(seed: int, images: int, classes: int) -> Predictions:
    random = np.random.default_rng(seed)
    logits = random.normal(0, 3, (images, classes)).astype(np.float16)
    labels = random.integers(0, classes, images)
    logits[np.arange(images), labels] += np.float16(2)
    return Predictions(logits, labels, np.arange(images) * 3, 5)


sizes = st.tuples(st.integers(0, 1000), st.integers(1, 80), st.integers(2, 12))


@given(sizes)
def test_the_confusion_matrix_is_scikit_learn_s(size: tuple[int, int, int]) -> None:
    known = made(*size)
    expected = metrics.confusion_matrix(known.labels, predicted(known), labels=range(size[2]))
    assert np.array_equal(confusion_matrix(known), expected)


@given(sizes)
def test_each_class_s_figures_are_scikit_learn_s_with_nothing_for_zero_of_zero(
    size: tuple[int, int, int],
) -> None:
    known = made(*size)
    scores = class_scores(confusion_matrix(known))
    expected = metrics.precision_recall_fscore_support(
        known.labels, predicted(known), labels=range(size[2]), zero_division=np.nan
    )
    np.testing.assert_allclose(scores.precision, expected[0])
    np.testing.assert_allclose(scores.recall, expected[1])
    seen = scores.support + scores.predicted > 0
    np.testing.assert_allclose(scores.f1[seen], np.nan_to_num(expected[2][seen]))
    assert np.isnan(scores.f1[~seen]).all()
    assert np.array_equal(scores.support, expected[3])


def test_the_f1_of_each_class_is_torchmetrics() -> None:
    known = made(3, 500, 7)
    scores = class_scores(confusion_matrix(known))
    expected = multiclass_f1_score(
        torch.from_numpy(known.logits.astype(np.float32)), torch.from_numpy(known.labels), 7, average=None
    )
    np.testing.assert_allclose(scores.f1, expected, rtol=1e-6)


def test_an_interval_is_that_of_its_own_number_of_images() -> None:
    scores = class_scores(np.array([[8, 2, 0], [1, 0, 0], [0, 0, 0]]))
    assert (scores.recall_low[0], scores.recall_high[0]) == wilson(0.8, 10)
    assert (scores.precision_low[0], scores.precision_high[0]) == wilson(8 / 9, 9)
    assert np.isnan([scores.recall[2], scores.recall_low[2], scores.precision_high[2]]).all()


@given(sizes)
def test_the_loss_of_each_image_is_torch_s(size: tuple[int, int, int]) -> None:
    known = made(*size)
    logits = torch.from_numpy(known.logits.astype(np.float64))
    expected = torch.nn.functional.cross_entropy(logits, torch.from_numpy(known.labels), reduction="none")
    np.testing.assert_allclose(losses(known), expected, atol=1e-12)


@given(sizes)
@example((77, 76, 2))
def test_the_worst_are_the_wrong_ones_by_loss_with_their_probabilities(size: tuple[int, int, int]) -> None:
    known = made(*size)
    found = worst(known, most=1000)
    shares = torch.from_numpy(known.logits.astype(np.float64)).softmax(dim=1).numpy()
    assert {one.row for one in found} == set(np.flatnonzero(predicted(known) != known.labels).tolist())
    assert [one.loss for one in found] == sorted((one.loss for one in found), reverse=True)
    for one in found:
        assert one.index == known.indices[one.row]
        assert one.probability == pytest.approx(shares[one.row].max())
        assert one.true_probability == pytest.approx(shares[one.row, one.label])
        assert one.loss == pytest.approx(-np.log(shares[one.row, one.label]))


def test_no_more_are_returned_than_are_asked_for() -> None:
    assert len(worst(made(0, 500, 10), most=7)) == 7


def test_a_loss_stays_finite_where_a_probability_is_none() -> None:
    logits = np.array([[60000, -60000]], dtype=np.float16)
    known = Predictions(logits, np.array([1]), np.array([0]), 1)
    assert losses(known)[0] == wrong_at(known, 0).loss == 2 * float(np.float16(60000))


def test_the_accuracy_is_the_share_of_the_diagonal() -> None:
    known = made(1, 300, 5)
    assert accuracy(known) == pytest.approx(np.trace(confusion_matrix(known)) / 300)


def test_a_row_without_images_has_no_shares() -> None:
    shares = normalized(np.array([[3, 1], [0, 0]]))
    assert shares[0].tolist() == [0.75, 0.25]
    assert np.isnan(shares[1]).all()

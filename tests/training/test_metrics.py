"""Our metrics against torchmetrics and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, precision_recall_fscore_support
from torchmetrics.functional import classification

from search.training.metrics import confusion_matrix, scores


def drawn(seed: int, classes: int, images: int, absent: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits and labels; the last ``absent`` classes are neither labels nor predictions."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(images, classes, generator=generator)
    logits[:, classes - absent :] -= 100
    return logits, torch.randint(0, classes - absent, (images,), generator=generator)


@given(st.integers(0, 10**6), st.integers(2, 12), st.integers(1, 60), st.integers(0, 1))
def test_scores_are_torchmetrics(seed: int, classes: int, images: int, absent: int) -> None:
    logits, labels = drawn(seed, classes, images, absent)
    ours = scores(confusion_matrix(logits, labels))
    for name in ("precision", "recall", "f1"):
        function = getattr(classification, "multiclass_" + ("f1_score" if name == "f1" else name))
        assert ours[name] == pytest.approx(
            float(function(logits, labels, classes, average="macro")), abs=1e-6
        )
    accuracy = classification.multiclass_accuracy(logits, labels, classes, average="micro")
    assert ours["accuracy"] == pytest.approx(float(accuracy), abs=1e-6)


@given(st.integers(0, 10**6), st.integers(2, 12), st.integers(1, 60))
def test_scores_are_scikit_learns_over_the_classes_that_occur(seed: int, classes: int, images: int) -> None:
    logits, labels = drawn(seed, classes, images, 0)
    predicted, truth = logits.argmax(dim=1).numpy(), labels.numpy()
    present = np.union1d(truth, predicted)
    reference = precision_recall_fscore_support(
        truth, predicted, labels=present, average="macro", zero_division=0
    )
    ours = scores(confusion_matrix(logits, labels))
    assert (ours["precision"], ours["recall"], ours["f1"]) == pytest.approx(reference[:3])
    assert ours["accuracy"] == pytest.approx(accuracy_score(truth, predicted))


def test_matrix_rows_are_labels_and_columns_predictions() -> None:
    logits = torch.eye(3)[torch.tensor([0, 1, 1, 2])]
    matrix = confusion_matrix(logits, torch.tensor([0, 0, 1, 2]))
    assert matrix.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]

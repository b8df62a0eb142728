"""Classification metrics from one confusion matrix, equal to torchmetrics' macro averages.

torchmetrics itself is the oracle of the tests, not the engine: importing
`torchmetrics.functional.classification` takes 6.1 s of CPU behind torch alone and 2.1 s where torchvision is
loaded already (torch 2.15, torchmetrics 1.9, warm file cache), in every worker process, which is more than a
whole trial on small images.
"""

from __future__ import annotations

import torch
from torch import Tensor


def confusion_matrix(logits: Tensor, labels: Tensor) -> Tensor:
    """Count the images of each class (row) that were given each label (column).

    Args:
        logits: (N, classes).
        labels: (N,) int64.

    Returns:
        (classes, classes) int64, on the logits' device.
    """
    classes = logits.shape[1]
    cells = labels * classes + logits.argmax(dim=1)
    return torch.bincount(cells, minlength=classes * classes).view(classes, classes)


def scores(matrix: Tensor) -> dict[str, float]:
    """Return accuracy and the macro averages of precision, recall and F1.

    A quotient with a zero denominator counts as 0, and a class that is neither among the labels nor among the
    predictions is left out of the averages, both as in torchmetrics.

    Args:
        matrix: (classes, classes) counts, rows the labels, columns the predictions.

    Returns:
        ``accuracy``, ``precision``, ``recall`` and ``f1``, each from 0 to 1.
    """
    counts = matrix.to("cpu", torch.float64)
    hits, labelled, predicted = counts.diagonal(), counts.sum(dim=1), counts.sum(dim=0)
    seen = labelled + predicted > 0
    macro = {
        "precision": hits / predicted.clamp(min=1),
        "recall": hits / labelled.clamp(min=1),
        "f1": 2 * hits / (labelled + predicted).clamp(min=1),
    }
    averages = {name: float(values[seen].mean()) for name, values in macro.items()}
    return {"accuracy": float(hits.sum() / counts.sum()), **averages}

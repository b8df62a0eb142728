"""The two pictures of a model card: the confusion matrix and the learning curves, drawn by matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from search.runs.classification import normalized

MOST_NUMBERED, MOST_NAMED = 20, 60
"""Classes up to which each cell has its number, and up to which each row has its name."""

DPI = 100

COLORS = {"train": "#0072B2", "val": "#D55E00"}
"""Blue and vermilion of Okabe and Ito 2008, which all eyes tell apart; the lines differ in their dashes too."""

DASHES = {"train": "--", "val": "-"}
NAMES = {"train": "training", "val": "validation"}


def draw_confusion(matrix: npt.NDArray[np.int64], classes: Sequence[str], place: Path) -> None:
    """Draw a confusion matrix as a PNG: lightness is the share of the row, so that every eye reads it.

    Args:
        matrix: (classes, classes) counts, rows the true classes, columns the predicted ones.
        classes: their names.
        place: of the file.
    """
    side = 2.2 + 0.3 * min(len(classes), MOST_NUMBERED)
    figure = Figure(figsize=(side, side), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    shares = np.nan_to_num(normalized(matrix))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if len(classes) <= MOST_NUMBERED:
        _number(axes, matrix, shares)
    if len(classes) <= MOST_NAMED:
        names, size = (
            [_short(name).replace("$", r"\$") for name in classes],
            8 if len(classes) <= MOST_NUMBERED else 5,
        )
        axes.set_xticks(range(len(classes)), names, rotation=90 if _are_long(names) else 0, fontsize=size)
        axes.set_yticks(range(len(classes)), names, fontsize=size)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    figure.savefig(place)


def draw_curves(curves: Mapping[str, Mapping[int, float]], place: Path) -> None:
    """Draw loss and accuracy by epoch as a PNG.

    Args:
        curves: by metric, such as ``train/loss``, then by epoch; what is not there is not drawn.
        place: of the file.
    """
    figure = Figure(figsize=(8, 3), dpi=DPI, layout="constrained")
    for axes, metric in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for part, color in COLORS.items():
            curve = curves.get(f"{part}/{metric}")
            if curve:
                axes.plot(
                    list(curve),
                    list(curve.values()),
                    DASHES[part],
                    color=color,
                    label=NAMES[part],
                    marker="o",
                    markersize=3,
                )
        axes.set_xlabel("epoch")
        axes.set_ylabel(metric)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend(frameon=False)
    figure.savefig(place)


def _number(axes: Axes, matrix: npt.NDArray[np.int64], shares: npt.NDArray[np.float64]) -> None:
    for (row, column), count in np.ndenumerate(matrix):
        if count:
            shade = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, f"{count:,}", ha="center", va="center", color=shade, fontsize=7)


def _are_long(names: Sequence[str]) -> bool:
    return max(map(len, names)) > 3


def _short(name: str, most: int = 18) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"

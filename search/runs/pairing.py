"""Two trials on the same validation images: who gets which right, and how sure their difference is.

The images are the same, so only those count on which the two differ: McNemar's test (1947), exact, and Bonett and
Price's interval (2012, Statistics in Medicine 31:1334) of the difference of two paired shares.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from search.runs.classification import predicted
from search.runs.interval import Z95
from search.training.predictions import Predictions

Rows = npt.NDArray[np.intp]


class NotPaired(ValueError):  # noqa: N818 (says what is the case)
    """Two trials were not validated on the same images."""


@dataclass(frozen=True, eq=False)
class Pairing:
    """How two trials classify the same images.

    ``only_first`` and ``only_second`` are the rows of the predictions that one of them gets right, the other wrong.
    ``difference`` is the first one's accuracy less the second one's, ``low`` to ``high`` its 95 % interval,
    ``p_value`` that of McNemar's exact test, two-sided: how often trials that are equally good differ so much.
    """

    both: int
    neither: int
    only_first: Rows
    only_second: Rows
    difference: float
    low: float
    high: float
    p_value: float

    @property
    def images(self) -> int:
        """How many images there are."""
        return self.both + self.neither + len(self.only_first) + len(self.only_second)


def pair(first: Predictions, second: Predictions) -> Pairing:
    """Compare two trials of a run, image by image.

    Raises:
        NotPaired: their images or labels are not the same.
    """
    if not np.array_equal(first.indices, second.indices) or not np.array_equal(first.labels, second.labels):
        raise NotPaired(
            f"Two trials on the same images are expected, but these have {len(first.labels):,} and "
            f"{len(second.labels):,} of their own."
        )
    one, two = predicted(first) == first.labels, predicted(second) == second.labels
    only_first, only_second = np.flatnonzero(one & ~two), np.flatnonzero(two & ~one)
    low, high = difference_interval(len(only_first), len(only_second), len(one))
    return Pairing(
        both=int((one & two).sum()),
        neither=int((~one & ~two).sum()),
        only_first=only_first,
        only_second=only_second,
        difference=(len(only_first) - len(only_second)) / len(one),
        low=low,
        high=high,
        p_value=mcnemar(len(only_first), len(only_second)),
    )


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the two-sided p-value of McNemar's exact test.

    Args:
        only_first: images that only the first trial gets right.
        only_second: images that only the second one gets right.
    """
    differing, fewer = only_first + only_second, min(only_first, only_second)
    # Logarithms of the binomial coefficients of 0 to `fewer` among `differing`, each from the one before it.
    below = np.arange(fewer, dtype=np.float64)
    logs = np.concatenate([[0.0], np.cumsum(np.log(differing - below) - np.log(below + 1))])
    log_tail = logs.max() + math.log(float(np.exp(logs - logs.max()).sum())) - differing * math.log(2)
    return min(1.0, 2 * math.exp(log_tail))


def difference_interval(only_first: int, only_second: int, images: int) -> tuple[float, float]:
    """Return the 95 % interval of the difference of two accuracies on the same images (Bonett & Price 2012).

    Args:
        only_first: images that only the first trial gets right.
        only_second: images that only the second one gets right.
        images: all of them, at least 1.
    """
    one, two = (only_first + 1) / (images + 2), (only_second + 1) / (images + 2)
    center = one - two
    half = Z95 * math.sqrt((one + two - center**2) / (images + 2))
    return max(-1.0, center - half), min(1.0, center + half)

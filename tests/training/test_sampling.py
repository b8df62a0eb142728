"""Which images an epoch trains on."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from search.training.data import Split
from search.training.sampling import epoch_order

COUNTS = st.lists(st.integers(0, 40), min_size=2, max_size=6).filter(lambda counts: sum(counts) > 1)


def split(counts: list[int]) -> Split:
    """Return a split with so many images of each class, at every other row of its source."""
    labels = np.repeat(np.arange(len(counts)), counts)
    source = np.zeros(2 * len(labels), dtype=np.int64)
    source[1::2] = labels
    return Split(np.zeros((len(source), 1, 1, 1), np.uint8), source, np.arange(1, len(source), 2))


@given(COUNTS, st.integers(0, 5))
def test_balanced_classes_differ_by_one_and_repeat_no_image_before_its_class_is_through(
    counts: list[int], seed: int
) -> None:
    one = split(counts)
    order = epoch_order(one, torch.Generator().manual_seed(seed), sampling="balanced").numpy()
    assert len(order) == len(one)
    drawn = np.bincount(one.labels[one.indices][order], minlength=len(counts))
    present = np.array(counts) > 0
    assert not drawn[~present].any()
    assert drawn[present].max() - drawn[present].min() <= 1
    times = np.bincount(order, minlength=len(one))
    for label in np.flatnonzero(present):
        own = times[one.labels[one.indices] == label]
        assert own.max() - own.min() <= 1


def test_shuffled_is_torchs_permutation() -> None:
    one = split([3, 5])
    found = epoch_order(one, torch.Generator().manual_seed(3), sampling="shuffled")
    assert torch.equal(found, torch.randperm(8, generator=torch.Generator().manual_seed(3)))


def test_epochs_draw_other_images_of_a_large_class_and_mix_the_classes() -> None:
    one, generator = split([100, 10]), torch.Generator().manual_seed(0)
    first, second = (epoch_order(one, generator, sampling="balanced").tolist() for _ in range(2))
    assert set(first) != set(second)
    assert first != sorted(first)
    assert {position for position in first if position >= 100} == set(range(100, 110))

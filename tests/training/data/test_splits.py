"""Stratified splits: disjoint, complete, proportional, and fixed by the seed alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.training.data.splits import stratified_split
from search.training.errors import DataError

class_sizes = st.lists(st.integers(2, 60), min_size=2, max_size=8)


def shuffled_labels(sizes: list[int], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))


@given(class_sizes, st.floats(0.01, 0.99), st.integers(-5, 2**32))
def test_both_sides_are_disjoint_and_complete_and_hold_every_class(
    sizes: list[int], share: float, seed: int
) -> None:
    labels = shuffled_labels(sizes)
    kept, held = stratified_split(labels, share, seed)
    assert np.array_equal(np.sort(np.concatenate([kept, held])), np.arange(len(labels)))
    assert np.array_equal(kept, np.sort(kept))
    for side in (kept, held):
        assert set(labels[side]) == set(range(len(sizes)))


@given(class_sizes, st.floats(0.01, 0.99))
def test_each_class_is_within_one_image_of_its_share(sizes: list[int], share: float) -> None:
    labels = shuffled_labels(sizes)
    _, held = stratified_split(labels, share, 0)
    for label, size in enumerate(sizes):
        expected = min(max(size * share, 1), size - 1)
        assert abs((labels[held] == label).sum() - expected) <= 1


@given(st.integers(2, 10), st.integers(10, 50), st.floats(0.1, 0.9))
def test_sizes_add_up_to_the_rounded_share(classes: int, each: int, share: float) -> None:
    _, held = stratified_split(shuffled_labels([each] * classes), share, 0)
    assert len(held) == round(classes * each * share)


def test_the_split_is_the_same_on_every_machine_and_version() -> None:
    """Frozen from the definition of PCG64 (O'Neill 2014): the raw stream of seed 0, sorted."""
    labels = np.zeros(8, dtype=np.int64)
    labels[4:] = 1
    _, held = stratified_split(labels, 0.5, 0)
    stream = np.random.PCG64(0).random_raw(8)
    first = np.argsort(stream[:4])[:2]
    second = 4 + np.argsort(stream[4:])[:2]
    assert held.tolist() == sorted([*first, *second])


def test_other_seeds_split_otherwise() -> None:
    labels = shuffled_labels([50, 50])
    splits = {tuple(stratified_split(labels, 0.2, seed)[1]) for seed in range(-3, 4)}
    assert len(splits) == 7


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 1.5])
def test_a_share_outside_is_refused(share: float) -> None:
    with pytest.raises(DataError, match="between 0 and 1"):
        stratified_split(np.array([0, 0, 1, 1]), share, 0)


def test_a_class_of_one_image_is_refused() -> None:
    with pytest.raises(DataError, match="class 1 has 1 image"):
        stratified_split(np.array([0, 0, 1]), 0.5, 0)

"""Greedy ensemble selection, against a plain loop as the oracle and against what must hold of any ensemble."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, log_loss

from search.winner.ensemble.selection import held_out, mean, probabilities, select, strength


def library(seed: int, *, models: int, images: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, images)
    logits = rng.normal(0, 2, (models, images, classes))
    logits[:, np.arange(images), labels] += 1.5
    said = np.stack([probabilities(one.astype(np.float16)) for one in logits])
    return said, labels


def plainly(said: np.ndarray, labels: np.ndarray, size: int) -> dict[int, float]:
    """Return the ensemble by the words of the paper, with scikit-learn's metrics."""
    bags: list[tuple[int, ...]] = [()]
    for _ in range(size):
        longer = [(*bags[-1], row) for row in range(len(said))]
        bags.append(max(longer, key=lambda bag: worth(said, labels, bag)))
    best = max(bags[1:], key=lambda bag: worth(said, labels, bag))
    return {row: best.count(row) / len(best) for row in set(best)}


def worth(said: np.ndarray, labels: np.ndarray, bag: tuple[int, ...]) -> tuple[float, float]:
    likely = np.mean([said[row] for row in bag], axis=0, dtype=np.float64)
    likely /= likely.sum(axis=1, keepdims=True)  # of float32: scikit-learn wants them exact
    loss = log_loss(labels, likely, labels=range(said.shape[2]))
    return round(accuracy_score(labels, likely.argmax(axis=1)), 9), -loss


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6))
def test_it_is_the_papers(seed: int) -> None:
    said, labels = library(seed, models=4, images=60, classes=3)
    found, expected = select(said, labels, size=6), plainly(said, labels, 6)
    assert worth(said, labels, counted(found)) == pytest.approx(
        worth(said, labels, counted(expected)), abs=2e-5
    )


def counted(shares: dict[int, float]) -> tuple[int, ...]:
    return tuple(row for row, share in shares.items() for _ in range(round(share * 60)))


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 12))
def test_it_is_never_worse_than_its_best_model_where_it_was_chosen(seed: int, models: int, size: int) -> None:
    said, labels = library(seed, models=models, images=80, classes=4)
    shares = select(said, labels, size=size)
    assert sum(shares.values()) == pytest.approx(1)
    assert list(shares.values()) == sorted(shares.values(), reverse=True)
    assert len(shares) <= size
    best = max(strength(one, labels) for one in said)
    assert strength(mean(said, shares), labels).accuracy >= best.accuracy
    by_loss = select(said, labels, size=size, by_loss=True)
    assert (
        strength(mean(said, by_loss), labels).likelihood
        >= max(strength(one, labels).likelihood for one in said) - 1e-6
    )


def test_models_that_add_nothing_are_left_out() -> None:
    said, labels = library(3, models=3, images=200, classes=5)
    certain = np.eye(5, dtype=np.float32)[labels]
    assert select(np.stack([*said, certain]), labels) == {3: 1.0}


def test_what_is_held_out_took_no_part_in_the_choice() -> None:
    """Models of pure chance: where they were chosen the best looks better than chance, held out it does not."""
    rng = np.random.default_rng(0)
    images, classes = 1000, 10
    labels = rng.integers(0, classes, images)
    said = rng.dirichlet(np.ones(classes), (20, images)).astype(np.float32)
    chosen = strength(mean(said, select(said, labels)), labels).accuracy
    together, alone = held_out(said, labels)
    assert chosen > 0.12
    assert together.mean() < 0.12
    assert alone.mean() < 0.125


def test_independent_models_gain_together_and_the_held_out_gain_says_so() -> None:
    said, labels = library(1, models=8, images=2000, classes=5)
    together, alone = held_out(said, labels)
    assert together.mean() - alone.mean() > 0.1

"""What counts as the same model: hypothesis draws logits, and counting says how many answers agree."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from search.winner.verify import LOOSE, STRICT, Parity, compare

Logits = npt.NDArray[np.float32]


def drawn(seed: int, images: int, classes: int) -> tuple[Logits, npt.NDArray[np.int64]]:
    random = np.random.default_rng(seed)
    return random.normal(0, 5, (images, classes)).astype(np.float32), random.integers(0, classes, images)


cases = st.tuples(st.integers(0, 10_000), st.integers(1, 60), st.integers(2, 12))


@given(cases)
def test_a_model_is_itself_whatever_a_float16_has_rounded(case: tuple[int, int, int]) -> None:
    logits, labels = drawn(*case)
    found = compare(logits, logits, logits.astype(np.float16), labels, tolerance=STRICT)
    assert found.holds
    assert found.agree == found.images == len(labels)
    assert found.accuracy == float((logits.argmax(axis=1) == labels).mean())


@given(cases, st.floats(0.01, 0.5))
def test_a_logit_that_is_off_by_more_than_the_tolerance_is_found(
    case: tuple[int, int, int], by: float
) -> None:
    logits, labels = drawn(*case)
    other = logits.copy()
    scale = float(np.abs(logits.astype(np.float16).astype(np.float32)).max())
    other[-1, 0] += by * scale
    found = compare(other, other, logits.astype(np.float16), labels, tolerance=STRICT)
    assert not found.holds
    assert abs(found.difference - by) < 2 * STRICT


def test_a_class_may_differ_only_where_the_trained_model_was_undecided() -> None:
    expected = np.array([[10.0, 9.9], [10.0, 2.0]], dtype=np.float16)
    close = np.array([[9.9, 10.0], [10.0, 2.0]], dtype=np.float32)
    found = compare(close, close, expected, np.array([0, 0]), tolerance=LOOSE)
    assert (found.agree, found.undecided, found.holds) == (1, 1, True)
    assert not compare(close, close, expected, np.array([0, 0]), tolerance=STRICT).holds


def test_an_answer_that_is_not_undecided_must_be_the_same_even_within_the_tolerance() -> None:
    assert not Parity(10, 9, 0, 0.0, STRICT, 0.9, 10).holds
    assert Parity(10, 9, 1, 0.0, STRICT, 0.9, 10).holds

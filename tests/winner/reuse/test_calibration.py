"""Calibration figures beside brute force, torchmetrics, torch and SciPy's minimizer."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from search.winner.calibration import (
    calibration_error,
    fitted_temperature,
    honesty,
    log_probabilities,
    scaled_by_halves,
    scaled_by_held_out,
    unscaled,
)

cases = st.tuples(st.integers(0, 10_000), st.integers(1, 80), st.integers(2, 9), st.floats(0.1, 8))


def drawn(seed: int, images: int, classes: int, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Return logits and labels that often agree."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, images)
    logits = random.normal(0, spread, (images, classes))
    logits[np.arange(images), labels] += spread
    return logits.astype(np.float32), labels


def softmax(logits: np.ndarray) -> np.ndarray:
    return torch.from_numpy(logits).double().softmax(dim=1).numpy()


@given(cases)
def test_the_calibration_error_is_that_of_counting(case: tuple[int, int, int, float]) -> None:
    logits, labels = drawn(*case)
    rows, expected = softmax(logits), 0.0
    for place in range(15):
        inside = [row for row in range(len(rows)) if place / 15 < rows[row].max() <= (place + 1) / 15]
        if inside:
            right = np.mean([rows[row].argmax() == labels[row] for row in inside])
            expected += len(inside) / len(rows) * abs(right - np.mean([rows[row].max() for row in inside]))
    assert calibration_error(rows, labels) == pytest.approx(expected, abs=1e-9)


def test_the_calibration_error_is_torchmetrics() -> None:
    from torchmetrics.classification import MulticlassCalibrationError  # noqa: PLC0415 (seconds)

    logits, labels = drawn(1, 500, 7, 2.0)
    rows = torch.from_numpy(softmax(logits)).float()
    oracle = MulticlassCalibrationError(num_classes=7, n_bins=15, norm="l1")
    assert calibration_error(rows.numpy(), labels) == pytest.approx(
        float(oracle(rows, torch.from_numpy(labels))), abs=1e-5
    )


@given(cases)
def test_likelihood_and_brier_are_those_of_their_definitions(case: tuple[int, int, int, float]) -> None:
    logits, labels = drawn(*case)
    found = honesty(log_probabilities(logits), labels)
    wide = torch.from_numpy(logits).double()
    assert found.nll == pytest.approx(
        float(torch.nn.functional.cross_entropy(wide, torch.from_numpy(labels)))
    )
    truth = np.eye(logits.shape[1])[labels]
    assert found.brier == pytest.approx(float(np.square(softmax(logits) - truth).sum(axis=1).mean()))


@given(cases)
def test_the_temperature_is_the_one_that_a_minimizer_finds(case: tuple[int, int, int, float]) -> None:
    logits, labels = drawn(*case)

    def nll(logarithm: float) -> float:
        return honesty(log_probabilities(logits, float(np.exp(logarithm))), labels).nll

    oracle = minimize_scalar(
        nll, bounds=(np.log(0.02), np.log(50)), method="bounded", options={"xatol": 1e-9}
    )
    found = fitted_temperature(logits, labels)
    if found is None:
        assert min(nll(np.log(0.02)), nll(np.log(50))) <= oracle.fun + 1e-6
    else:
        assert nll(np.log(found)) <= oracle.fun + 1e-9


def test_logits_that_are_thrice_too_large_are_found_out() -> None:
    random = np.random.default_rng(0)
    honest = random.normal(0, 2, (20_000, 5))
    labels = np.array([random.choice(5, p=row) for row in softmax(honest)])
    assert fitted_temperature(3 * honest, labels) == pytest.approx(3, rel=0.05)
    scaled = scaled_by_halves((3 * honest).astype(np.float32), labels)
    assert scaled.after is not None
    assert scaled.before.ece > 0.15
    assert scaled.after.ece < 0.015
    assert scaled.after.nll < scaled.before.nll


def test_huge_logits_do_not_overflow() -> None:
    logits = np.array([[4e4, -4e4], [-4e4, 4e4], [4e4, -4e4]], dtype=np.float32)
    found = fitted_temperature(logits, np.array([0, 1, 1]))
    assert found is None or np.isfinite(found)
    assert np.isfinite(honesty(log_probabilities(logits), np.array([0, 1, 1])).nll)


def test_where_all_is_right_no_temperature_is_the_best() -> None:
    logits, labels = np.eye(4, dtype=np.float32).repeat(5, axis=0), np.arange(4).repeat(5)
    assert fitted_temperature(logits, labels) is None
    for found in (
        scaled_by_halves(logits, labels),
        scaled_by_held_out(logits, labels, held_logits=logits, held_labels=labels, name="them"),
        unscaled(logits, labels, why="not asked for"),
    ):
        assert (found.temperature, found.after) == (None, None)
        assert found.how


def test_no_image_is_judged_with_a_temperature_that_it_helped_to_fit() -> None:
    """Where one image of a half is changed, only the other half and the other half's figures may move."""
    logits, labels = drawn(3, 400, 4, 2.0)
    order = np.random.default_rng(0).permutation(400)
    half, other = order[:200], order[200:]
    expected = np.empty((400, 4))
    for rows, fitting in ((half, other), (other, half)):
        temperature = fitted_temperature(logits[fitting], labels[fitting])
        assert temperature is not None
        expected[rows] = log_probabilities(logits[rows], temperature)
    found = scaled_by_halves(logits, labels)
    assert found.after == honesty(expected, labels)


def test_a_temperature_of_other_images_is_theirs() -> None:
    logits, labels = drawn(3, 300, 4, 2.0)
    held, held_labels = drawn(4, 200, 4, 2.0)
    found = scaled_by_held_out(logits, labels, held_logits=held, held_labels=held_labels, name="the others")
    assert found.temperature == fitted_temperature(held, held_labels)
    assert found.after == honesty(log_probabilities(logits, found.temperature or 1), labels)
    assert found.how == "fitted on 200 images of the others"


def test_a_single_image_is_not_halved() -> None:
    found = scaled_by_halves(np.array([[1.0, 0.0]]), np.array([0]))
    assert (found.after, found.temperature) == (None, None)

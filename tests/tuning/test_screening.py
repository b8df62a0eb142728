"""Screening: a plan's attributes of a point, each measured as rarely as possible, and never the end of a search."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search.plan.trial_config import TrialConfig, Value
from search.runs.record import TrialRecord
from search.training.cost import cost
from search.training.data import Data, Split
from search.tuning.screening import screening
from search.tuning.vocabulary import vocabulary
from tests.inprocess import SPACE, plan_in

WORDS = vocabulary()
POINT: dict[str, Value] = {
    "architecture": "cnn", "layers": 1, "width": 4, "dense_units": 8, "optimizer": "adam", "learning_rate": 0.01
}  # fmt: skip


@pytest.fixture
def data() -> Data:
    images, labels = np.zeros((4, 8, 8, 1), np.uint8), np.array([0, 1, 2, 0])
    split = Split(images, labels, np.arange(4))
    return Data("none", ("a", "b", "c"), (1, 8, 8), split, split, mean=(0.0,), std=(1.0,))


def screen(tmp_path: Path, data: Data, text: str, **options: Any) -> Any:
    return screening(plan_in(tmp_path, SPACE + text), WORDS, data, **options)


def test_a_plan_that_asks_for_nothing_measures_nothing(tmp_path: Path, data: Data) -> None:
    assert screen(tmp_path, data, "") is None
    assert screen(tmp_path, data, "objective: val/loss\n") is None


def test_what_constraints_and_goals_are_about_is_measured(tmp_path: Path, data: Data) -> None:
    measure = screen(tmp_path, data, "objectives: [val/loss, flops]\nconstraints: [parameters <= 5e6]\n")
    config = plan_in(tmp_path).trial_config(POINT, 0, WORDS)
    expected = cost(config, (1, 8, 8), 3)
    assert measure(POINT) == {"parameters": expected.parameters, "flops": expected.flops}


def test_a_network_is_measured_once_in_a_search_and_never_again_in_a_resumed_one(
    tmp_path: Path, data: Data, measured: list[TrialConfig]
) -> None:
    text = "objectives: [val/loss, latency_ms]\n"
    first, again, wider = POINT, {**POINT, "learning_rate": 0.5}, {**POINT, "width": 8}
    measure = screen(tmp_path, data, text)
    assert [measure(point)["latency_ms"] for point in (first, again, wider, first)] == [1, 1, 2, 1]
    past = [
        trial(0, first, {}),
        trial(1, first, {"latency_ms": 7.0}),
        trial(2, wider, {"latency_ms": math.nan}),
    ]
    resumed = screen(tmp_path, data, text, past=past)
    assert [resumed(point)["latency_ms"] for point in (again, wider)] == [7, 3]


def trial(number: int, point: Mapping[str, Value], attributes: Mapping[str, float]) -> TrialRecord:
    return TrialRecord(number, "completed", point, {}, (), attributes=attributes)


def test_the_latency_of_what_is_rejected_anyway_is_not_measured(
    tmp_path: Path, data: Data, measured: list[TrialConfig]
) -> None:
    rejecting = screen(tmp_path, data, "constraints: [latency_ms <= 3, parameters <= 10]\n")(POINT)
    assert rejecting["parameters"] > 10
    assert math.isnan(rejecting["latency_ms"])
    assert not measured
    assert (
        screen(tmp_path, data, "constraints: [latency_ms <= 3, parameters >= 10]\n")(POINT)["latency_ms"] == 1
    )


def test_what_cannot_be_measured_is_let_in_and_told(
    tmp_path: Path, data: Data, caplog: pytest.LogCaptureFixture
) -> None:
    measure = screen(tmp_path, data, "constraints: [parameters <= 10, latency_ms <= 3]\n")
    with caplog.at_level(logging.WARNING, logger="search"):
        found = measure({**POINT, "width": 0})
    assert list(found) == ["parameters", "latency_ms"]
    assert all(map(math.isnan, found.values()))
    assert "cannot be measured, so it is let in: width is 0, expected a whole number from 1" in caplog.text

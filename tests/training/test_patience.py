"""When the validation images are reason enough to end a trial."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.plan.trial_config import TrialConfig
from search.training.data import Data
from search.training.fit import fit
from search.training.patience import out_of_patience, watched

MakeConfig = Callable[..., TrialConfig]


@given(st.lists(st.integers(0, 5).map(float), max_size=12), st.integers(1, 4))
def test_it_ends_after_so_many_epochs_that_are_no_better_than_any_before(
    past: list[float], patience: int
) -> None:
    waited = 0
    for epoch, value in enumerate(past):
        waited = 0 if value < min(past[:epoch], default=float("inf")) else waited + 1
    assert bool(out_of_patience(past, patience)) == (waited >= patience)


def test_without_patience_nothing_ends() -> None:
    assert out_of_patience([0.1, *[1.0] * 100], 0) == ""
    assert out_of_patience([], 3) == ""


def test_the_reason_names_the_best_epoch() -> None:
    assert out_of_patience([0.5, 0.4, 0.6, 0.4], 2) == (
        "2 epochs without a better value than that of epoch 2 on the validation images"
    )


def test_less_is_better_of_loss_and_of_error() -> None:
    metrics = {"val/loss": 0.7, "val/accuracy": 0.9}
    assert watched(metrics, "loss") == 0.7
    assert watched(metrics, "error") == pytest.approx(0.1)


STILL = {"learning_rate": 0.0, "weight_decay": 0.0, "batch_norm": False, "patience": 2}
"""Nothing changes, so no epoch is better than the first."""


def test_a_trial_ends_early_and_says_so_in_its_last_report(small: Data, config: MakeConfig) -> None:
    reports = list(fit(config(epochs=9, **STILL), small, device="cpu"))
    assert [report.ended for report in reports] == ["", "", reports[-1].ended]
    assert reports[-1].ended.startswith("2 epochs without a better value than that of epoch 1")
    assert [report.skipped for report in reports] == [0, 0, 6]


def test_the_horizon_is_no_early_end(small: Data, config: MakeConfig) -> None:
    reports = list(fit(config(epochs=3, **STILL), small, device="cpu"))
    assert [report.ended for report in reports] == ["", "", ""]


def test_a_trial_that_is_continued_remembers_how_long_it_has_waited(
    small: Data, config: MakeConfig, tmp_path: Path
) -> None:
    trial = config(epochs=9, **STILL)
    first = fit(trial, small, device="cpu")
    next(first)
    next(first)
    first.save(tmp_path / "cut")
    second = fit(trial, small, checkpoint=tmp_path / "cut", device="cpu")
    assert [report.epoch for report in second] == [3]
    second.save(tmp_path / "ended")
    assert list(fit(trial, small, checkpoint=tmp_path / "ended", device="cpu")) == []


def test_a_plateau_lowers_the_learning_rate_also_of_a_trial_that_is_continued(
    small: Data, config: MakeConfig, tmp_path: Path
) -> None:
    still = {**STILL, "patience": 0, "learning_rate": 1e-30}
    trial = config(epochs=6, schedule="plateau", plateau_epochs=1, drop_factor=0.5, **still)
    rates = [report.metrics["train/learning_rate"] for report in fit(trial, small, device="cpu")]
    assert [rate / 1e-30 for rate in rates] == pytest.approx([1, 1, 1, 0.5, 0.5, 0.25])
    first = fit(trial, small, device="cpu")
    head = [next(first).metrics["train/learning_rate"] for _ in range(2)]
    first.save(tmp_path / "cut")
    tail = fit(trial, small, checkpoint=tmp_path / "cut", device="cpu")
    assert head + [report.metrics["train/learning_rate"] for report in tail] == rates

"""torch.compile: the same model, the same names, and an error where it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from tqdm import tqdm

from search.plan.trial_config import TrialConfig
from search.training.compiling import compile_errors, compiled
from search.training.data import Data
from search.training.errors import SettingsError
from search.training.fit import fit
from tests.training.test_fit import exact

MakeConfig = Callable[..., TrialConfig]


def test_a_compiler_that_fails_is_told_of() -> None:
    def refuses(_graph: object, _inputs: object) -> Callable[..., Tensor]:
        raise RuntimeError("no such kernel")

    forward = compiled(nn.Linear(2, 2), backend=refuses)
    with (
        pytest.raises(SettingsError, match=r"compile is true, but .*; set compile to false"),
        compile_errors(),
    ):
        forward(torch.zeros(3, 2))


def test_a_compiler_that_gives_up_is_told_of() -> None:
    """By itself torch goes on uncompiled after its eighth recompilation."""
    forward = compiled(nn.Linear(2, 2), backend="eager")
    with pytest.raises(SettingsError, match="compile is true"), compile_errors():
        _ = [forward(torch.zeros(size, 2)) for size in range(2, 20)]


def test_another_trials_compilations_do_not_count() -> None:
    for _ in range(12):
        forward = compiled(nn.Linear(2, 2), backend="eager")
        with compile_errors():
            forward(torch.zeros(3, 2))


@pytest.mark.slow
def test_a_compiled_training_is_the_same_up_to_rounding_and_continues_bit_for_bit(
    small: Data, config: MakeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for dropout, which a compiled network draws in its own way."""
    monkeypatch.setattr(tqdm, "monitor_interval", 0)  # the compiler's progress bars would leave a thread
    settings = {"batch_size": 44, "layers": 1, "width": 4, "dropout": 0.0}  # 30 images each
    plain = [exact(report) for report in fit(config(**settings), small, device="cpu")]
    training = fit(config(compile=True, **settings), small, device="cpu")
    reports = [exact(next(training))]
    training.save(tmp_path / "cut")
    reports += [exact(report) for report in training]
    for one, other in zip(plain, reports, strict=True):
        assert one["train/loss"] == pytest.approx(other["train/loss"], rel=1e-3)
    again = fit(config(compile=True, **settings), small, checkpoint=tmp_path / "cut", device="cpu")
    assert [exact(report) for report in again] == reports[1:]
    assert training.weights().keys() == again.weights().keys()
    assert not any("_orig_mod" in name for name in again.weights())

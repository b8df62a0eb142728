"""What every test needs: quiet libraries, parts that are registered, and that it leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator

import optuna
import pytest

import search.tuning.samplers.random
import search.tuning.samplers.rung_tpe
import search.tuning.schedulers.asha
import search.tuning.schedulers.none  # noqa: F401
from search.plan.trial_config import TrialConfig
from tests.chromium import chromium
from tests.leftovers import mark_session, nothing_left

__all__ = ["chromium"]

optuna.logging.set_verbosity(optuna.logging.WARNING)
mark_session()


@pytest.fixture(autouse=True)
def _leaves_nothing_behind() -> Iterator[None]:
    """Fail a test that leaves a process, a thread or a folder of Ray's."""
    with nothing_left():
        yield


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[TrialConfig]:
    """Let a latency be 1 ms, then 2 ms and so on; return the list of what was measured."""
    asked: list[TrialConfig] = []

    def count(config: TrialConfig, *_: object, **__: object) -> float:
        asked.append(config)
        return float(len(asked))

    monkeypatch.setattr("search.training.latencies.latency_ms", count)
    return asked

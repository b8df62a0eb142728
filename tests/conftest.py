"""What every test needs: quiet libraries, parts that are registered, and that it leaves nothing behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest
from hypothesis import Phase, settings

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
# For mutmut: that an example fails is enough; to shrink it takes minutes.
settings.register_profile(
    "mutation", max_examples=20, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate)
)
os.environ.setdefault("RAY_ADDRESS", "local")  # no search of a test joins another's Ray

LONGEST = (
    "cluster/test_three_hosts.py",
    "faults/test_kill.py",
    "cli/test_confirm.py",
    "browser/test_winner.py",
    "cli/test_endings.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files whose single tests take minutes: else all workers but one wait for them at the end."""
    here = Path(__file__).parent
    items.sort(key=lambda item: item.path.relative_to(here).as_posix() not in LONGEST)


@pytest.fixture(autouse=True)
def _leaves_nothing_behind() -> Iterator[None]:
    """Fail a test that leaves a process, a thread or a folder of Ray's; put back what Streamlit's AppTest replaces.

    It lets the page be `__main__` for good, which a process that is spawned later would run.
    """
    main = sys.modules["__main__"]
    with nothing_left():
        yield
    sys.modules["__main__"] = main


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[TrialConfig]:
    """Let a latency be 1 ms, then 2 ms and so on; return the list of what was measured."""
    asked: list[TrialConfig] = []

    def count(config: TrialConfig, *_: object, **__: object) -> float:
        asked.append(config)
        return float(len(asked))

    monkeypatch.setattr("search.training.latencies.latency_ms", count)
    return asked

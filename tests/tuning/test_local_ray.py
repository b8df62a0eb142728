"""A Ray of our own is closed to whoever does not know its token, which stands in no file."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray
from ray._raylet import AuthenticationTokenLoader, Config

from search.tuning.local_ray import local_ray
from search.tuning.resources import Allocation

ASK = "import sys; from ray._raylet import GcsClient; print(len(GcsClient(address=sys.argv[1]).get_all_node_info()))"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The environment, to be changed; afterwards Ray, too, has forgotten what it read there."""
    yield monkeypatch
    monkeypatch.undo()
    Config.initialize("")
    AuthenticationTokenLoader.instance().reset_cache()


def asked(address: str, **token: str) -> subprocess.CompletedProcess[str]:
    """Ask a Ray, as another process that knows this token would, which nodes it has."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("RAY_AUTH")}
    return subprocess.run(
        [sys.executable, "-c", ASK, address], env=known | token, check=False, capture_output=True, text=True
    )


def test_who_does_not_know_the_token_is_refused(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    """Whoever reaches Ray's ports could have it run any code, and they are open to the network."""
    environment.setenv("HOME", str(tmp_path))
    environment.setenv("RAY_AUTH_MODE", "disabled")
    environment.delenv("RAY_AUTH_TOKEN", raising=False)
    with local_ray(Allocation(cpus=1, gpus=0, workers=1)):
        address = ray.get_runtime_context().gcs_address
        token = os.environ["RAY_AUTH_TOKEN"]
        refused = [
            asked(address, RAY_AUTH_MODE="disabled"),
            asked(address, RAY_AUTH_MODE="token", RAY_AUTH_TOKEN="0" * 64),
        ]
        answered = asked(address, RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=token)
    assert [answer.returncode for answer in refused] == [1, 1]
    assert all("AuthenticationError" in answer.stderr for answer in refused)
    assert answered.stdout == "1\n"
    assert len(token) == 64
    assert not (tmp_path / ".ray").exists()

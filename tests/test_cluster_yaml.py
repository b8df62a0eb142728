"""cluster.yaml stays valid by Ray's own schema; nothing is launched and nothing outside is asked."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

FILE = Path(__file__).parent.parent / "cluster.yaml"


@pytest.fixture
def cluster() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(FILE.read_text(encoding="utf-8"))
    return loaded


def validate(config: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ray.autoscaler._private.util import (  # noqa: PLC0415 (slow: only this file needs it)
            prepare_config,
            validate_config,
        )

        validate_config(prepare_config(config))


def test_it_is_valid(cluster: dict[str, Any]) -> None:
    validate(cluster)


def test_a_misspelt_key_would_be_found(cluster: dict[str, Any]) -> None:
    cluster["max_worker"] = cluster.pop("max_workers")
    with pytest.raises(Exception, match="max_worker"):
        validate(cluster)


def test_ray_dashboard_and_jobs_api_stay_on_the_heads_loopback(cluster: dict[str, Any]) -> None:
    start = " ".join(cluster["head_start_ray_commands"])
    assert "--dashboard-host=127.0.0.1" in start
    assert "0.0.0.0" not in FILE.read_text(encoding="utf-8")


def test_the_head_runs_no_trials(cluster: dict[str, Any]) -> None:
    head = cluster["available_node_types"][cluster["head_node_type"]]
    assert head["resources"] == {"CPU": 0, "GPU": 0}

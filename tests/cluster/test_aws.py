"""cluster.yaml on AWS as moto plays it: a search makes a spot worker come, and outlives that AWS takes it back."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.runs.reader import open_run
from search.runs.record import TrialRecord
from tests.cluster.cloud import ENVIRONMENT, MACHINES, NETWORK, Cloud
from tests.cluster.hosts import LAPTOP, SHARED, Hosts
from tests.waiting import wait_until

pytestmark = [pytest.mark.root, pytest.mark.slow, pytest.mark.timeout(3600)]

HEAD, L4, A10G = (MACHINES[kind] for kind in ("head", "l4", "a10g"))
EPOCHS = 40
PATIENCE = 600.0
"""Seconds that one step may take on a busy machine; alone on it, 40."""

SPACE = f"""\
name: spot
data: {{name: digits, validation: 0.1}}
budget: {{trials: 2, epochs: {EPOCHS}}}
scheduler: {{name: none}}
resources: {{cpus: 1, gpus: 0.5}}
space:
  architecture: cnn
  layers: 2
  width: 128
  optimizer: sgd
  learning_rate: {{low: 1e-3, high: 0.1, log: true}}
"""

SEARCH = f"""
exec python -m search.run --space {SHARED}/spot.yaml --runs-dir {SHARED}/runs --address auto --json > {SHARED}/said 2>&1
"""


def test_spot_workers_come_on_demand_and_the_search_outlives_that_one_is_taken_back(tmp_path: Path) -> None:
    hosts = Hosts(4, tmp_path / "hosts", network=NETWORK, environment=ENVIRONMENT)
    with hosts, Cloud(hosts, workers=("l4", "a10g")) as cloud:
        cloud.write_file()
        hosts.run(LAPTOP, ["ray", "up", "-y", "cluster.yaml"], timeout=PATIENCE)
        assert cloud.log == [f"{HEAD} on"]

        (hosts.shared / "spot.yaml").write_text(SPACE, encoding="utf-8")
        driver = hosts.popen(HEAD, ["bash", "-c", SEARCH])
        run = hosts.shared / "runs/spot"
        wait_until(lambda: sum(record.step > 0 for record in _records(run)) == 2, PATIENCE)
        assert cloud.log == [
            f"{HEAD} on",
            f"{L4} on",
        ]  # the kind that comes first in the file, and only when asked for

        cloud.give_notice(L4)
        # within the two minutes, since no trial may run where it was told
        wait_until(lambda: f"{A10G} on" in cloud.log, PATIENCE)
        cloud.terminate(L4)
        driver.communicate(timeout=PATIENCE)
        assert driver.returncode == 0, (hosts.shared / "said").read_text(encoding="utf-8")
        hosts.run(LAPTOP, ["ray", "down", "-y", "cluster.yaml"], timeout=PATIENCE)
        assert set(cloud.states().values()) == {"terminated"}

    records = _records(run)
    assert [record.status for record in records] == ["completed"] * 2
    for record in records:
        assert list(record.reports) == list(range(1, EPOCHS + 1))
        taken, elsewhere = record.stints
        assert taken.reason.startswith("the cloud takes this machine back (terminate)")
        assert [taken.node_type, elsewhere.node_type] == ["l4", "a10g"]
        assert elsewhere.from_step > 0  # it went on, not over again
    assert cloud.log[:3] == [f"{HEAD} on", f"{L4} on", f"{A10G} on"]


def _records(run: Path) -> list[TrialRecord]:
    return [trial.record for trial in open_run(run).trials] if (run / "study.journal").exists() else []

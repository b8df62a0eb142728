"""`ray up` with the on-premise file brings up all machines, and they run the code under test."""

from __future__ import annotations

import pytest

from tests.cluster.hosts import Hosts
from tests.cluster.launching import launched

pytestmark = [pytest.mark.root, pytest.mark.slow]

WHERE = """
import ray, socket
ray.init(address="auto", log_to_driver=False, logging_level="error")
strategy = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
@ray.remote
def where():
    import search
    return socket.gethostname() + " " + search.__file__
nodes = [node["NodeID"] for node in ray.nodes()]
on = [where.options(scheduling_strategy=strategy(node, soft=False)).remote() for node in nodes]
print(*sorted(ray.get(on)), sep="\\n")
"""


def test_every_machine_joins_and_the_jobs_api_is_on_the_heads_loopback_alone(hosts: Hosts) -> None:
    launched(hosts)
    said = hosts.run("h1", ["python", "-c", WHERE]).splitlines()
    assert [line.split()[0] for line in said] == ["h1", "h2", "h3"]
    version = "http://{}:8265/api/version"
    assert "ray_version" in hosts.run("h1", ["curl", "-s", version.format("127.0.0.1")])
    refused = hosts.run("lap", ["curl", "-sS", version.format(hosts.address("h1"))], check=False)
    assert "Failed to connect" in refused

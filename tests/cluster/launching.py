"""The cluster of `docs/clusters/on-premise.yaml`, really launched on hosts of namespaces with `ray up`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.cluster.hosts import LAPTOP, REPOSITORY, Hosts

FILE = REPOSITORY / "docs/clusters/on-premise.yaml"
HEAD = "h1"

CPUS = 2
"""CPUs that each host says it has: all of them share those of this machine."""

SIZE = f" --num-cpus={CPUS} --num-gpus=0 --memory=2000000000 --object-store-memory=100000000"


def cluster_file(hosts: Hosts, *, workers: int = 2, name: str = "cluster.yaml") -> Path:
    """Write the cluster file for these hosts into the laptop's home, as a user would edit it; return it.

    What differs from the file in docs: the addresses, the user and the key; one file stands for the checkout and
    nothing is installed, since the hosts share this environment; and the hosts say that they are small.

    Args:
        hosts: hosts that are up; `h1` is the head.
        workers: how many of the next hosts are workers.
        name: of the file.
    """
    config: dict[str, Any] = YAML(typ="safe").load(FILE.read_text(encoding="utf-8"))
    head = hosts.address(HEAD)
    addresses = [hosts.address(f"h{number}") for number in range(2, 2 + workers)]
    config["provider"] |= {"head_ip": head, "worker_ips": addresses}
    config["auth"] = {"ssh_user": "root", "ssh_private_key": "~/.ssh/id_ed25519"}
    checkout = hosts.home(LAPTOP) / "checkout"
    checkout.mkdir(exist_ok=True)
    shutil.copy(REPOSITORY / "constraints.txt", checkout)
    config["file_mounts"] = dict.fromkeys(config["file_mounts"], checkout.name)
    config["setup_commands"] = ["test -s ~/winnow/constraints.txt"]
    config |= {"min_workers": workers, "max_workers": workers}
    for kind in ("head_start_ray_commands", "worker_start_ray_commands"):
        stop, start = config[kind]
        config[kind] = [stop, start.replace("192.168.1.10", head) + SIZE]
    path = hosts.home(LAPTOP) / name
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(config, file)
    return path


def launched(hosts: Hosts, *, workers: int = 2) -> Path:
    """Launch the cluster from the laptop and wait until all its workers have joined; return its file.

    Hosts that go down take the cluster with them; no `ray down` is needed.

    Raises:
        RuntimeError: the launch failed, or workers did not join; it holds what was written.
    """
    path = cluster_file(hosts, workers=workers)
    hosts.run(LAPTOP, ["ray", "up", "-y", path.name], timeout=180)
    wait_for_nodes(hosts, workers + 1)
    return path


def wait_for_nodes(hosts: Hosts, nodes: int, *, timeout: float = 120.0) -> None:
    """Wait until so many nodes of the head's Ray live.

    Args:
        hosts: the hosts.
        nodes: how many, the head among them.
        timeout: seconds.
    """
    counts = (
        "import ray, sys, time; ray.init(address='auto', log_to_driver=False, logging_level='error')\n"
        f"while sum(node['Alive'] for node in ray.nodes()) != {nodes}: time.sleep(0.2)"
    )
    hosts.run(HEAD, ["python", "-c", counts], timeout=timeout)

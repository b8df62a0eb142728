"""Several of Ray's nodes on this machine; one of them may be made blind to some folders, as another machine is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
import ray
from ray.cluster_utils import Cluster

from search.tuning.local_ray import QUIET
from tests.waiting import wait_until

OBJECTS = 80 * 2**20
"""Bytes of each node's object store: little more than the least that Ray makes."""


@contextmanager
def cluster(cpus: int = 1) -> Iterator[str]:
    """Start a head with so many CPUs and connect to it; yield its address."""
    before = {name: os.environ.get(name) for name in (*QUIET, "PYTHONPATH", "PYTHONWARNINGS")}
    # What Ray's own processes warn of is theirs.
    os.environ.update({**QUIET, "PYTHONPATH": str(Path(__file__).parents[2])})
    made = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": cpus, "include_dashboard": False, "object_store_memory": OBJECTS},
    )
    try:
        ray.init(address=made.address, log_to_driver=False, logging_level="CRITICAL", namespace="tests")
        yield made.address
    finally:
        ray.shutdown()
        made.shutdown()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def blind_node(address: str, hidden: Sequence[Path], *, cpus: int = 1) -> Iterator[subprocess.Popen[bytes]]:
    """Add a node that sees empty folders in the place of these: they are mounted over, for its processes alone."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root can hide folders from a process: unshare --mount")
    mounts = " && ".join(f"mount -t tmpfs tmpfs '{folder}'" for folder in hidden)
    start = (
        f"{sys.executable} -m ray.scripts.scripts start --address={address} --num-cpus={cpus} --block "
        f"--object-store-memory={OBJECTS} --disable-usage-stats"
    )
    before = len(_alive())
    process = subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", f"{mounts} && exec {start}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until(lambda: len(_alive()) > before, what="the node has joined")
        yield process
    finally:
        family = [process.pid, *(child.pid for child in psutil.Process(process.pid).children(recursive=True))]
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, 9)
        process.wait()


def _alive() -> list[str]:
    return [node["NodeID"] for node in ray.nodes() if node["Alive"]]

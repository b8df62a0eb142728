"""A real Ray of several nodes on this machine, and real searches on it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from ray.cluster_utils import Cluster

from search.runs.reader import open_run
from search.runs.record import Stint
from search.runs.run import Run
from search.runs.snapshot import Snapshot
from search.tuning import launch
from search.tuning.local_ray import OBJECT_STORE
from search.tuning.running_ray import CURRENT
from tests.inprocess import plan_in

SPACE = """\
name: tiny
data: {{name: digits, validation: 0.2}}
budget: {{trials: {trials}, epochs: {epochs}}}
scheduler: none
resources: {resources}
plugins: [on_worker.py]
space:
  architecture: cnn
  layers: 1
  width: 4
  dense_units: 8
  batch_size: 64
  learning_rate: {{low: 1e-3, high: 0.1, log: true}}
"""

ON_WORKER = """\
from pathlib import Path
import ray
FOLDER = Path(__file__).parent
if ray.is_initialized() and ray.get_runtime_context().get_actor_id():
"""

MEET = """
    import os, time
    (FOLDER / f"here-{os.getpid()}").touch()
    while not (FOLDER / "go").exists():
        time.sleep(0.05)
"""
"""Each worker says that it is there, and waits until all may go."""


@contextmanager
def cluster(*nodes: Mapping[str, Any]) -> Iterator[Cluster]:
    """Start a head that trains nothing, and workers with the given resources."""
    folder = Path(tempfile.mkdtemp(prefix="wc-", dir="/tmp"))  # the paths of Ray's sockets must be short
    made = Cluster()
    try:
        join(made, num_cpus=0, temp_dir=str(folder))
        # What runs beside this test must not take it for the machine's own.
        with suppress(FileNotFoundError):
            if CURRENT.read_text() == made.address:
                CURRENT.unlink()
        for node in nodes:
            join(made, **node)
        made.wait_for_nodes()
        yield made
    finally:
        made.shutdown()
        shutil.rmtree(folder, ignore_errors=True)


def join(to: Cluster, **settings: Any) -> None:
    """Let a node join."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # Where the usual port is taken, Ray leaves the socket that found it so to the garbage (2.60).
    common = {"include_dashboard": False, "dashboard_port": port, "object_store_memory": OBJECT_STORE}
    to.add_node(wait=False, **common, **settings)


@contextmanager
def another_node(address: str, *, cpus: int) -> Iterator[None]:
    """Let a node join by a process of its own, without waiting until it has."""
    words = ["start", f"--address={address}", f"--num-cpus={cpus}", "--block", "--disable-usage-stats"]
    process = subprocess.Popen(
        [sys.executable, "-m", "ray.scripts.scripts", *words, f"--object-store-memory={OBJECT_STORE}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        for one in family:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        process.wait()


def search_on(
    address: str,
    folder: Path,
    *,
    trials: int,
    epochs: int = 2,
    resources: str = "auto",
    on_worker: str = "    pass",
    said: list[str] | None = None,
    watch: Callable[[Snapshot], None] = lambda _: None,
) -> Run:
    """Run a search on a Ray to its end, and return it; ``on_worker`` is run in each worker before its first trial."""
    (folder / "on_worker.py").write_text(ON_WORKER + on_worker)
    text = SPACE.format(trials=trials, epochs=epochs, resources=resources)
    lines: list[str] = [] if said is None else said
    outcome = launch.start(
        plan_in(folder, text),
        folder=folder / "runs",
        name="run",
        listener=watch,
        options=launch.Options(address=address, say=lines.append),
    )
    return open_run(outcome.root)


def meeting(folder: Path, workers: int) -> Callable[[Snapshot], None]:
    """Let the workers go once so many are there."""

    def watch(_: Snapshot) -> None:
        if len(list(folder.glob("here-*"))) >= workers:
            (folder / "go").touch()

    return watch


def complete(run: Run) -> bool:
    """Tell whether every trial of a run is completed, each exactly once."""
    numbers = [trial.number for trial in run.trials]
    return numbers == list(range(run.plan.budget.trials)) and {t.status for t in run.trials} == {"completed"}


def stints(run: Run) -> list[Stint]:
    """Return all stints of a run."""
    return [stint for trial in run.trials for stint in trial.record.stints]

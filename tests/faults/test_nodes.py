"""A real Ray of several nodes, one of which eats its trials or is taken back by its cloud while a search runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest
import ray
from ray.cluster_utils import Cluster

from search.runs.keeper import recorded_scalars
from search.runs.run import Run, Trial
from search.tuning.leaving import VARIABLE
from tests.cli.plugin import write_space
from tests.faults.searches import done, living, opened
from tests.faults.whole import assert_whole
from tests.tuning.metadata import Metadata, metadata
from tests.tuning.nodes import OBJECTS, blind_node
from tests.tuning.nodes import cluster as joined

EATEN = """
        import os, pathlib, ray, time
        eaten = pathlib.Path("{eaten}")
        if ray.get_runtime_context().get_node_id() in pathlib.Path("{bad}").read_text():
            with eaten.open("a") as file:
                file.write("one more\\n")
            os._exit(1)
        self.seen = getattr(self, "seen", 0) + self.training
        until = time.monotonic() + 15
        while self.seen == 30 and eaten.read_text().count("one") < 3 and time.monotonic() < until:
            time.sleep(0.1)
        return self.layer(images.flatten(1))
"""
"""The good node waits a little in second epochs until the bad one has eaten three trials: else it does all alone."""

AHEAD = """
        import time
        if not hasattr(time, "right"):
            time.right = time.time
            time.time = lambda: time.right() + 3600.0
        return self.layer(images.flatten(1))
"""
"""In the middle of the first epoch of a process, which by its clock takes an hour then; later trials begin late."""

SLOW = """
        import time
        time.sleep(0.06)
        return self.layer(images.flatten(1))
"""
"""An epoch takes more than a second: when a trial has trained a few of twelve, the notice is heard before its last."""

LONG = """
        import os, pathlib, time
        batches = pathlib.Path("{batches}")
        self.seen = getattr(self, "seen", 0) + self.training
        if self.training and self.seen > 18 and "WINNOW_METADATA_URL" in os.environ:
            with batches.open("a") as file:
                file.write("one more\\n")
            time.sleep(5.0)
        until = time.monotonic() + 100
        while self.seen > 18 and not batches.stat().st_size and time.monotonic() < until:
            time.sleep(0.1)
        return self.layer(images.flatten(1))
"""
"""On the node that is taken back an epoch of 18 batches takes a minute and a half, but for a trial's first; the other
one waits before its second epoch until it has come so far there: else it does all alone."""

PATIENCE = 550.0
"""Seconds: each crash costs the start of a worker, of which a very busy machine makes more than a minute."""

TERMINATE = {"action": "terminate", "time": "2026-11-22T08:22:00Z"}
NOTICE = "the cloud takes this machine back (terminate) at 2026-11-22T08:22:00Z"


@contextmanager
def cluster(*environments: dict[str, str]) -> Iterator[tuple[Cluster, list[str]]]:
    """Run a head without CPUs and a node with one CPU for each environment; yield it, and the nodes' ids."""
    small = {"include_dashboard": False, "object_store_memory": OBJECTS}
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **small})
    try:
        nodes = [made.add_node(num_cpus=1, env_vars=chosen, **small) for chosen in environments]
        yield made, [node.node_id for node in nodes]
    finally:
        made.shutdown()


def search_on(made: Cluster, folder: Path, space: str) -> tuple[str, ...]:
    """Return the words of a search on a cluster."""
    return ("run", "--space", space, "--runs-dir", str(folder), "--name", "mine", "--address", made.address)


@pytest.mark.slow
def test_a_node_that_eats_every_trial_is_avoided_and_named_and_no_trial_is_lost(tmp_path: Path) -> None:
    bad, eaten = tmp_path / "bad", tmp_path / "eaten"
    eaten.touch()
    space = write_space(tmp_path, trials=8, forward=EATEN.format(bad=bad, eaten=eaten).strip())
    with cluster({}, {}) as (made, nodes):
        bad.write_text(nodes[1], encoding="utf-8")
        words = search_on(made, tmp_path, space)
        ended = done(*words, folder=tmp_path, patience=PATIENCE)
        said = done("status", str(tmp_path / "mine"), folder=tmp_path).out
    assert ended.code == 0, ended.err
    run = assert_whole(tmp_path / "mine", trials=8)
    assert {trial.status for trial in run.trials} <= {"completed", "stopped"}
    crashes = [stint for trial in run.trials for stint in trial.record.stints if stint.ending == "crashed"]
    assert {stint.node for stint in crashes} == {nodes[1]}
    assert len(crashes) in (3, 4), "one more may have been on its way; later ones know the node to be bad"
    assert "is avoided: trials" in said


@pytest.mark.slow
def test_a_spot_notice_moves_a_trial_to_another_node_without_the_loss_of_an_epoch(tmp_path: Path) -> None:
    space = write_space(tmp_path, trials=4, forward=SLOW.strip())
    text = Path(space).read_text(encoding="utf-8").replace("epochs: 3", "epochs: 12")
    Path(space).write_text(f"scheduler: none\n{text}", encoding="utf-8")
    with metadata() as spot, cluster({}, {"WINNOW_METADATA_URL": spot.url}) as (made, nodes):  # noqa: SIM117
        with living(*search_on(made, tmp_path, space), folder=tmp_path) as search:
            search.until("a trial there", lambda: begun_on(nodes[1], opened(tmp_path / "mine"), spot))
            spot.action = TERMINATE
            ended = search.wait(PATIENCE)
    assert ended.code == 0, ended.err
    run = assert_whole(tmp_path / "mine", trials=4)
    there = [stint for trial in run.trials for stint in trial.record.stints if stint.node == nodes[1]]
    (left,) = [stint for stint in there if stint.ending == "paused"]
    assert left.reason == NOTICE
    assert there[-1] == left, "something began on a node that is taken back"
    assert {trial.status for trial in run.trials} == {"completed"}


@contextmanager
def machines(spot: Metadata, hidden: Path) -> Iterator[tuple[str, list[str]]]:
    """Run a head without CPUs and two nodes that do not see a folder, the second one a spot instance; as `cluster`."""
    with joined(cpus=0) as address, ExitStack() as started:
        ids: list[str] = []
        for environment in ({}, {VARIABLE: spot.url}):
            with pytest.MonkeyPatch.context() as patch:
                for name, value in environment.items():
                    patch.setenv(name, value)
                started.enter_context(blind_node(address, [hidden]))
            ids += [n["NodeID"] for n in ray.nodes() if n["Resources"].get("CPU") and n["NodeID"] not in ids]
        yield address, ids


@contextmanager
def processes(spot: Metadata, _: Path) -> Iterator[tuple[str, list[str]]]:
    """Run a head without CPUs and two nodes of one machine, the second one a spot instance."""
    with cluster({}, {VARIABLE: spot.url}) as (made, ids):
        yield made.address, ids


@pytest.mark.slow
@pytest.mark.parametrize("with_nodes", [processes, machines], ids=["by folder", "by courier"])
def test_a_spot_notice_in_a_long_epoch_moves_the_trial_to_another_node_in_the_middle_of_it(
    tmp_path: Path, with_nodes: Callable[[Metadata, Path], AbstractContextManager[tuple[str, list[str]]]]
) -> None:
    batches, runs = tmp_path / "batches", tmp_path / "runs"
    batches.touch()
    runs.mkdir()
    space = write_space(tmp_path, trials=2, forward=LONG.format(batches=batches).strip())
    Path(space).write_text(f"scheduler: none\n{Path(space).read_text(encoding='utf-8')}", encoding="utf-8")
    words = ("run", "--space", space, "--runs-dir", str(runs), "--name")
    with metadata() as spot, with_nodes(spot, runs) as (address, (good, gone)):  # noqa: SIM117
        with living(*words, "cut", "--address", address, folder=tmp_path) as search:
            search.until("two batches of a long epoch", lambda: batches.read_text().count("one") >= 2)
            spot.action = TERMINATE
            ended = search.wait(PATIENCE)
    assert ended.code == 0, ended.err
    run = assert_whole(runs / "cut", trials=2)
    (moved,) = (trial for trial in run.trials if len(trial.record.stints) == 2)
    left, last = moved.record.stints
    assert (left.node, left.ending, left.reason) == (gone, "paused", NOTICE)
    assert (last.node, last.from_step) == (good, 1)
    log, there = moved.layout.attempt(1).log.read_text(encoding="utf-8"), batches.read_text().count("one")
    assert f"epoch 2 was cut after batch {there} of 18" in log
    assert not list(runs.rglob("*_partial.pt"))
    done(*words, "uncut", "--local", folder=tmp_path)
    for trial, uncut in zip(run.trials, assert_whole(runs / "uncut", trials=2).trials, strict=True):
        assert trial.record.values == uncut.record.values
        assert curves(trial) == curves(uncut)


def begun_on(node: str, run: Run | None, spot: Metadata) -> bool:
    """Tell whether a trial is in its first epochs on a node that listens for its notice."""
    on = [t for t in run.trials if t.record.stints and t.record.stints[-1].node == node] if run else []
    return spot.asked > 0 and any(trial.status == "running" and 2 <= trial.epochs <= 4 for trial in on)


@pytest.mark.slow
def test_a_worker_whose_clock_is_set_an_hour_ahead_changes_no_time_in_the_record(tmp_path: Path) -> None:
    space = write_space(tmp_path, trials=4, forward=AHEAD.strip())
    began = time.time()
    with cluster({}) as (made, _):
        ended = done(*search_on(made, tmp_path, space), folder=tmp_path, patience=PATIENCE)
    assert ended.code == 0, ended.err
    run = assert_whole(tmp_path / "mine", trials=4)
    assert file_time(run.trials[1].layout.attempt(1).folder) > began + 3000, "its clock was not ahead"
    for stint in (stint for trial in run.trials for stint in trial.record.stints):
        assert stint.end is not None
        assert began < stint.start <= stint.end < time.time(), (
            "a time of the worker's clock stands in the record"
        )


def curves(trial: Trial) -> dict[str, dict[int, float]]:
    """Return all that a trial measured at each epoch, but its speed."""
    found = recorded_scalars(trial.layout, trial.record)
    return {tag: curve for tag, curve in found.items() if tag != "train/images_per_second"}


def file_time(folder: Path) -> int:
    """Return when a worker began with its event file, by its own clock: TensorBoard's names say it."""
    (path,) = (path for path in folder.glob("events.out.tfevents.*") if path.suffix != ".end")
    return int(path.name.split(".")[3])

"""A search on a Ray that is running already, with several real nodes."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
import ray

from search.runs.errors import PlaceError
from search.runs.snapshot import Snapshot
from search.tuning.cluster_ray import cluster_ray
from search.tuning.driver import WAITING
from search.tuning.fleet import NAMESPACE, look_at_ray
from tests.tuning.clusters import MEET, another_node, cluster, complete, meeting, search_on, stints

GIB = 2**30

MEASURED = """
    import errno, uuid
    import torch
    from ray.util import get_current_placement_group
    from search.tuning import gpu_memory, trainer

    share = get_current_placement_group().bundle_specs[0]["GPU"]
    gpu_memory.taken = lambda alone: gpu_memory.Taken(int(1.5 * 2**30), 16 * 2**30)
    train = trainer.fit

    def fit(*arguments, **settings):
        (FOLDER / f"share-{share}-{ray.get_gpu_ids()[0]}-{uuid.uuid4().hex}").touch()
        if share == 0.25 and not (FOLDER / "failed").exists():
            (FOLDER / "failed").touch()
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 5.00 GiB. GPU 0 has …")
        return train(*arguments, **settings)

    trainer.fit = fit
"""


def test_a_search_runs_on_all_nodes_of_a_ray_but_its_head_and_leaves_it_running(tmp_path: Path) -> None:
    said: list[str] = []
    with cluster({"num_cpus": 2}, {"num_cpus": 1}) as made:
        nodes = {node.node_id for node in made.worker_nodes}
        run = search_on(
            made.address, tmp_path, trials=5, on_worker=MEET, said=said, watch=meeting(tmp_path, workers=3)
        )
        assert all(node.live_processes() for node in made.list_all_nodes())
    assert said[0] == "2 nodes; 3 trials at once, 1 CPU each"
    assert complete(run)
    assert {stint.node for stint in stints(run)} == nodes


@pytest.mark.slow
def test_a_node_that_joins_meanwhile_is_used(tmp_path: Path) -> None:
    waited: list[int] = []
    with cluster({"num_cpus": 1}) as made, ExitStack() as joined:
        (first,) = (node.node_id for node in made.worker_nodes)
        meet = meeting(tmp_path, workers=3)

        def watch(snapshot: Snapshot) -> None:
            if waited or list(tmp_path.glob("here-*")):
                # A process, since it begins in no time: a listener that takes seconds is told of nothing for minutes.
                if not waited:
                    joined.enter_context(another_node(made.address, cpus=2))
                waited.append(snapshot.progress.counts.get(WAITING, 0))
            meet(snapshot)

        run = search_on(made.address, tmp_path, trials=5, on_worker=MEET, watch=watch)
    assert complete(run)
    nodes = {stint.node for stint in stints(run)}
    assert first in nodes
    assert len(nodes) == 2
    assert max(waited) == 2, "what the new node takes waits for it, and is not said to run"


@pytest.mark.slow
def test_trials_share_a_gpu_as_measured_and_one_that_lacks_memory_is_tried_on_more(tmp_path: Path) -> None:
    with cluster({"num_cpus": 4, "num_gpus": 1}) as made:
        run = search_on(made.address, tmp_path, trials=6, on_worker=MEASURED)
    assert complete(run)
    shares = [[stint.gpus for stint in trial.record.stints] for trial in run.trials]
    again = [trial for trial in run.trials if len(trial.record.stints) == 2]
    assert shares[0] == [1.0]
    assert sorted(share for one in shares[1:] for share in one) == [0.25] * 5 + [0.5]
    assert [stint.gpus for stint in again[0].record.stints] == [0.25, 0.5]
    assert again[0].record.stints[0].reason == "out of GPU memory on 0.25 of a GPU: tried again on 0.5"
    assert {stint.gpu_memory for stint in stints(run) if not stint.reason} == {int(1.5 * GIB)}
    reserved = sorted(float(path.name.split("-")[1]) for path in tmp_path.glob("share-*"))
    assert reserved == [0.25] * 5 + [0.5, 1.0], "Ray has reserved what the record says"


@pytest.mark.slow
def test_trials_on_two_gpus_find_a_place_and_what_no_node_holds_is_refused(tmp_path: Path) -> None:
    with cluster({"num_cpus": 2, "num_gpus": 2}, {"num_cpus": 1, "num_gpus": 1}) as made:
        (tmp_path / "two").mkdir()
        run = search_on(made.address, tmp_path / "two", trials=2, resources="{gpus: 2, cpus: 1}")
        large = {
            node.node_id for node in made.worker_nodes if node.get_resource_and_label_spec().num_gpus == 2
        }
        with pytest.raises(
            PlaceError, match="no node of this cluster has that: the largest has 2 CPU and 2 GPU"
        ):
            search_on(made.address, tmp_path, trials=2, resources="{gpus: 3}")
    assert complete(run)
    assert {stint.node for stint in stints(run)} == large
    assert not (tmp_path / "runs" / "run").exists(), "nothing was left on disk"


@pytest.mark.slow
def test_a_ray_says_its_nodes_and_searches_and_one_of_another_version_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with cluster({"num_cpus": 1}) as made:
        with cluster_ray(made.address):
            assert [node.cpus for node in look_at_ray().nodes] == [0, 1]
            assert look_at_ray().searches == 1
            searches = [_search(name) for name in ("winnow:one", "winnow:two", "another")]
            assert look_at_ray().searches == 3, "this process's own, too, which has no actor yet"
            ray.kill(searches[0])
        with monkeypatch.context() as patched:
            patched.setattr(ray, "__version__", "9.9.9")
            with (
                pytest.raises(
                    PlaceError, match=r"Ray 2\.[0-9.]+ and Python 3\.[0-9.]+ run there, but this is Ray 9"
                ),
                cluster_ray(made.address),
            ):
                pass


def _search(name: str) -> ray.actor.ActorHandle:
    actor = ray.remote(num_cpus=0)(Named).options(name=name, namespace=NAMESPACE).remote()
    ray.get(actor.__ray_ready__.remote())
    return actor


class Named:
    """An actor that does nothing."""

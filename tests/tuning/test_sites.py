"""What trials get on a cluster, and what is refused before the first of them."""

from __future__ import annotations

from typing import Any

import pytest

from search.plan.sections import ResourcesPlan
from search.runs.errors import PlaceError
from search.tuning.capacity import Need, Node, Offer
from search.tuning.fleet import Fleet
from search.tuning.resources import MEMORY_PER_WORKER
from search.tuning.sites import packed, refuse_too_large, usual_need, wait_for_a_node

GIB = 2**30
HEAD = Node(0, memory=8 * GIB)
GPUS = Node(16, 4, 64 * GIB, "a", "gpu")
CORES = Node(2, 0, 4 * GIB, "b", "cpu")
MEMORY = int(MEMORY_PER_WORKER)


@pytest.mark.parametrize(
    ("nodes", "wanted", "gpus", "expected"),
    [
        ([HEAD, CORES], {}, None, Need(1, 0, MEMORY)),
        ([HEAD, CORES], {"cpus": 2.0}, None, Need(2, 0, MEMORY)),
        ([HEAD, CORES, GPUS], {}, None, Need(4, 1, MEMORY)),
        ([HEAD, GPUS], {}, 0.5, Need(2, 0.5, MEMORY)),
        ([HEAD, GPUS], {}, 2.0, Need(8, 2, 2 * MEMORY)),
        ([HEAD, CORES], {"processes": 2}, None, Need(2, 0, 2 * MEMORY)),
        ([HEAD, GPUS, CORES], {}, 0.0, Need(1, 0, MEMORY)),
        ([HEAD, Node(2, memory=GIB)], {}, None, Need(1, 0, GIB)),
        ([HEAD, Node(1, 1)], {}, None, Need(1, 1, 0)),
    ],
)
def test_a_trial_gets_a_gpu_with_its_cores_else_a_core(
    nodes: list[Node], wanted: dict[str, Any], gpus: float | None, expected: Need
) -> None:
    assert usual_need(Offer(tuple(nodes)), ResourcesPlan(**wanted), gpus) == expected


def test_what_no_node_holds_is_refused_with_the_largest_there_is() -> None:
    offer = Offer((HEAD, CORES), (GPUS,))
    refuse_too_large(offer, Need(16, 4))
    with pytest.raises(PlaceError) as refused:
        refuse_too_large(offer, Need(8, 8))
    assert str(refused.value) == (
        "8 CPU and 8 GPU a trial were asked for, but no node of this cluster has that: the largest has 16 CPU and 4 "
        "GPU; ask for less by `resources` or --gpus-per-trial"
    )
    refuse_too_large(Offer((HEAD,), unknown=True), Need(8, 8))


def test_a_cluster_whose_workers_still_come_is_waited_for_and_one_without_any_refused() -> None:
    offers, said = [Offer((HEAD, CORES)), Offer((HEAD,)), Offer((HEAD,))], list[str]()
    fleet = Fleet(offers.pop)
    wait_for_a_node(fleet, said.append)
    assert fleet.offer.nodes == (HEAD, CORES)
    assert said == ["Waiting for the cluster's first worker …"]
    with pytest.raises(PlaceError, match="no node that trains has joined this Ray"):
        wait_for_a_node(Fleet(lambda: Offer((HEAD,))), said.append, seconds=0.0)


@pytest.mark.parametrize(
    ("nodes", "wanted", "concurrency", "least"),
    [
        ([GPUS], {}, None, 0.25),  # 4 cores a GPU
        ([Node(64, 4, 512 * GIB)], {}, None, 0.125),
        ([Node(64, 4, 512 * GIB), CORES], {"cpus": 8.0}, None, 0.5),
        ([Node(64, 4, 8 * GIB)], {}, None, 1.0),  # 2 GiB a GPU
        ([Node(64, 4, 512 * GIB)], {}, 8, 0.5),
        ([Node(64, 4, 512 * GIB)], {}, 2, 1.0),
    ],
)
def test_no_share_is_so_small_that_cores_memory_or_trials_are_wanting(
    nodes: list[Node], wanted: dict[str, Any], concurrency: int | None, least: float
) -> None:
    assert packed(nodes, ResourcesPlan(**wanted), concurrency=concurrency).least == least

"""Concurrency follows the machines, is shared among searches, and lets nobody wait for ever."""

from __future__ import annotations

import pytest

from search.runs.record import Stint
from search.tuning.capacity import Need, Node, Offer
from search.tuning.workplace import PATIENCE, Packed, Workplace

GIB = 2**30
POINT = {"architecture": "cnn", "batch_size": 32}
GPUS = Offer((Node(8, 2, id="a"),))
CORES = Offer((Node(2, id="a"), Node(1, id="b")))


@pytest.mark.parametrize(
    ("offer", "concurrency", "expected"),
    [
        (CORES, None, 3),
        (CORES, 2, 2),
        (Offer(CORES.nodes, (Node(2), Node(2))), None, 7),
        (Offer(CORES.nodes, (), 2), None, 2),
        (Offer(CORES.nodes, (), 10), None, 1),
        (Offer(()), None, 1),
    ],
)
def test_a_search_has_its_part_of_what_there_is_and_may_be_added(
    offer: Offer, concurrency: int | None, expected: int
) -> None:
    assert Workplace(lambda: offer, Need(1), concurrency=concurrency).workers() == expected


def test_concurrency_follows_the_nodes_as_they_come_and_go() -> None:
    offers = [CORES]
    place = Workplace(lambda: offers[-1], Need(1))
    assert place.workers() == 3
    offers.append(Offer((*CORES.nodes, Node(4, id="c"))))
    assert place.workers() == 7
    offers.append(Offer(CORES.nodes[:1]))
    assert place.workers() == 2


def packing_place(**settings: object) -> Workplace:
    return Workplace(lambda: GPUS, Need(4, 1.0), packed=Packed(cpus=4, least=0.25), **settings)  # type: ignore[arg-type]


def test_small_trials_fill_the_gpus_once_the_first_is_measured() -> None:
    place = packing_place()
    assert place.need(0, POINT) == Need(4, 1.0)
    assert place.workers() == 2
    place.learn(POINT, Stint(1, 0.0, gpus=1.0, gpu_memory=1 * GIB, gpu_total=16 * GIB))
    place.left(0)
    assert place.need(1, POINT) == Need(1, 0.25)
    assert place.workers() == 8
    other = place.need(2, {**POINT, "architecture": "resnet18"})
    assert other == Need(4, 1.0)
    assert place.workers() == 1 + 4


def test_cpu_cores_of_the_plan_are_kept() -> None:
    place = packing_place(cpus=2.0)
    place.learn(POINT, Stint(1, 0.0, gpus=1.0, gpu_memory=1 * GIB, gpu_total=16 * GIB))
    assert place.need(0, POINT) == Need(2.0, 0.25)


def test_small_stints_are_held_back_for_a_large_one_that_has_waited_long() -> None:
    now = [0.0]
    place = packing_place(clock=lambda: now[0])
    place.learn(POINT, Stint(1, 0.0, gpus=1.0, gpu_memory=1 * GIB, gpu_total=16 * GIB))
    place.need(0, POINT)
    place.need(1, {"architecture": "resnet18"})
    place.waits(1)
    assert not place.held_back()
    now[0] = PATIENCE + 1
    assert place.held_back()
    place.left(0)
    assert not place.held_back(), "none of this search's is in its way"
    place.need(2, POINT)
    place.begun(1)
    assert not place.held_back()


def test_a_node_is_avoided_only_where_another_can_hold_the_stint() -> None:
    place = Workplace(lambda: CORES, Need(1))
    assert place.elsewhere(Need(1), ["a"]) == Need(1, avoid=("a",))
    assert place.elsewhere(Need(1), ["b", "a"]) == Need(1)
    assert place.elsewhere(Need(2), ["a"]) == Need(2)
    grows = Workplace(lambda: Offer(CORES.nodes, (Node(2),)), Need(1))
    assert grows.elsewhere(Need(2), ["a"]) == Need(2, avoid=("a",))

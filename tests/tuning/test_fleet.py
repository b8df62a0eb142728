"""What an autoscaler may still add is read from what `ray up` left on the head."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from search.tuning.capacity import Node, Offer
from search.tuning.fleet import Fleet, growth

CLUSTER = """\
cluster_name: winnow
max_workers: 5
head_node_type: head
available_node_types:
  head: {resources: {CPU: 0}, node_config: {}}
  gpu: {min_workers: 0, max_workers: 4, resources: {CPU: 4, GPU: 1, memory: 8000000000}}
  cpu: {min_workers: 0, max_workers: 10, resources: {CPU: 8}}
"""
HEAD = Node(0, id="h", kind="head")
GPU = Node(4, 1, 8_000_000_000, kind="gpu")
CPU = Node(8, kind="cpu")


@pytest.fixture
def bootstrap(tmp_path: Path) -> Path:
    path = tmp_path / "ray_bootstrap_config.yaml"
    path.write_text(CLUSTER, encoding="utf-8")
    return path


def test_the_largest_nodes_that_may_come_are_counted_within_all_limits(bootstrap: Path) -> None:
    assert growth(bootstrap, (HEAD,)) == ((GPU, GPU, GPU, GPU, CPU), False)
    living = (HEAD, Node(4, 1, id="g", kind="gpu"), Node(8, id="c", kind="cpu"))
    assert growth(bootstrap, living) == ((GPU, GPU, GPU), False)


def test_a_full_cluster_cannot_grow(bootstrap: Path) -> None:
    assert growth(bootstrap, (HEAD, *(Node(8, id=str(n), kind="cpu") for n in range(5)))) == ((), False)


def test_nodes_of_an_unknown_size_are_told_from_none(bootstrap: Path) -> None:
    bootstrap.write_text(
        "max_workers: 2\nhead_node_type: local.cluster.node\n"
        "available_node_types: {local.cluster.node: {max_workers: 2, resources: {}, node_config: {}}}\n"
    )
    assert growth(bootstrap, (Node(0, kind="local.cluster.node"),)) == ((), True)
    assert growth(bootstrap, (HEAD, Node(1), Node(1))) == ((), False)


@pytest.mark.parametrize(
    "text", [None, "", "[1, 2]", "max_workers: {", "available_node_types: 3", "max_workers: x"]
)
def test_without_a_readable_file_nothing_can_come(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "ray_bootstrap_config.yaml"
    if text is not None:
        path.write_text(text)
    assert growth(path, (HEAD,)) == ((), False)


def test_a_look_that_fails_leaves_what_was_seen_and_the_next_one_counts() -> None:
    looks = iter([Offer((HEAD,)), OSError("the head is away"), Offer((HEAD, GPU))])
    looked = threading.Event()

    def look() -> Offer:
        found = next(looks, None)
        if found is None:
            looked.set()
            raise OSError("the head is away")
        if isinstance(found, OSError):
            raise found
        return found

    with Fleet(look, every=0.01).watched() as fleet:
        assert fleet.offer == Offer((HEAD,))
        assert looked.wait(20)
        assert fleet.offer == Offer((HEAD, GPU))

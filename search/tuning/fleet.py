"""What a running Ray offers a search now: its nodes, those that its autoscaler may add, the searches that share it."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import ray
from ray.util import list_named_actors

from search.plan.cluster_yaml import load_cluster, node_types
from search.tuning.capacity import Node, Offer

NAMESPACE = "winnow"
"""Of all searches on a cluster: each has one named actor there."""

PREFIX = "winnow:"
"""The name of a search's actor begins so."""

EVERY = 2.0
"""Seconds between two looks; one takes some milliseconds, and a node takes tens of seconds to come."""

BOOTSTRAP = Path("~/ray_bootstrap_config.yaml")
"""What `ray up` leaves on a cluster's head: the resolved cluster.yaml, with the resources of each node type."""

KIND = "ray.io/node-group"
"""The label in which Ray keeps a node's name in cluster.yaml (2.60)."""


class Fleet:
    """Looks at a Ray again and again in a thread of its own: while its head is gone, a look may last minutes.

    Args:
        look: returns what there is.
        every: seconds between two looks.
    """

    def __init__(self, look: Callable[[], Offer] | None = None, *, every: float = EVERY) -> None:
        self._look = look or look_at_ray
        self._every = every
        self._ended = threading.Event()
        self.look()

    def look(self) -> None:
        """Look now."""
        self.offer = self._look()

    @contextlib.contextmanager
    def watched(self) -> Iterator[Fleet]:
        """Keep ``offer`` up to date."""
        thread = threading.Thread(target=self._watch, name="fleet", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            thread.join(self._every)

    def _watch(self) -> None:
        while not self._ended.wait(self._every):
            # What was seen last stands until Ray answers again.
            with contextlib.suppress(Exception):
                self.look()


def look_at_ray(bootstrap: Path = BOOTSTRAP) -> Offer:
    """Return what the Ray that this process is connected to offers."""
    nodes = tuple(
        _node(found["Resources"], id=found["NodeID"], kind=found["Labels"].get(KIND, ""))
        for found in ray.nodes()
        if found["Alive"]
    )
    more, unknown = growth(bootstrap.expanduser(), nodes)
    names = {
        actor["name"] for actor in list_named_actors(all_namespaces=True) if actor["namespace"] == NAMESPACE
    }
    mine = (
        own_prefix()
    )  # this search counts also while it has no actor yet, or has one more that is not gone yet
    others = sum(name.startswith(PREFIX) and not name.startswith(mine) for name in names)
    return Offer(nodes, more, others + 1, unknown)


def own_prefix() -> str:
    """Return how the names of this process's own actors begin. Ray must have been joined."""
    return f"{PREFIX}{ray.get_runtime_context().get_job_id()}-"


def growth(bootstrap: Path, nodes: tuple[Node, ...]) -> tuple[tuple[Node, ...], bool]:
    """Return the nodes that an autoscaler may add, largest first, and whether some are of an unknown size.

    Args:
        bootstrap: the cluster.yaml of this head; where there is none, or none that can be read, nothing may come.
        nodes: that live, the head among them.
    """
    try:
        cluster = load_cluster(bootstrap)
        left = max(int(cluster["max_workers"]) - max(len(nodes) - 1, 0), 0)
        types = {name: dict(settings) for name, settings in node_types(cluster).items()}
    except (OSError, ValueError, TypeError, LookupError):
        return (), False
    alive = Counter(node.kind for node in nodes)
    found: list[Node] = []
    unknown = False
    for name, settings in types.items():
        free = max(int(settings.get("max_workers", 0)) - alive[name], 0)
        has = settings.get("resources")
        unknown = unknown or (free > 0 and not has)
        found += [_node(has, kind=name)] * min(free, left) if has else []
    found.sort(key=lambda node: (node.gpus, node.cpus), reverse=True)
    return tuple(found[:left]), unknown and left > 0


def _node(has: Mapping[str, float], *, id: str = "", kind: str = "") -> Node:
    return Node(float(has.get("CPU", 0)), float(has.get("GPU", 0)), int(has.get("memory", 0)), id, kind)

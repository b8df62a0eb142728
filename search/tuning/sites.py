"""The two sites where a search can run: this machine, with a Ray of its own, or a Ray that is running already."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from search.plan.sections import ResourcesPlan
from search.runs.errors import PlaceError
from search.tuning.capacity import Need, Node, Offer, places
from search.tuning.cluster_ray import cluster_ray
from search.tuning.fleet import EVERY, Fleet
from search.tuning.local_ray import local_ray
from search.tuning.packing import SHARES
from search.tuning.resources import MEMORY_PER_WORKER, Allocation, allocate, processes, this_machine
from search.tuning.workplace import Packed, Workplace

FIRST_NODE = 180.0
"""Seconds in which the first worker of a cluster must come: `ray up` answers when the head is up, and a rented machine
takes one to three minutes more."""


@dataclass(frozen=True)
class Site:
    """A workplace, and its Ray: a context that starts it where it does not run yet, and yields a temporary folder."""

    workplace: Workplace
    ray: Callable[[], AbstractContextManager[Path]]


def this_machine_as_site(
    wanted: ResourcesPlan,
    *,
    concurrency: int | None,
    gpus_per_trial: float | None,
    say: Callable[[str], None],
) -> Site:
    """Share this machine out, and say how; what it cannot hold is reduced.

    Args:
        wanted: of the plan.
        concurrency: the most trials at once; None: as many as fit.
        gpus_per_trial: overrides the plan.
        say: takes a line for the user.
    """
    machine = this_machine()
    found = allocate(wanted, machine, concurrency=concurrency, gpus_per_trial=gpus_per_trial)
    usual = Need(found.cpus, found.gpus)
    say(found.text())
    if not found.gpus or wanted.gpus is not None or gpus_per_trial is not None:
        # Ray starts a process for each core that it has: it gets those that are used.
        node = Node(found.cpus * found.workers, found.whole_gpus)
        place = Workplace(lambda: Offer((node,)), usual, concurrency=found.workers)
        return Site(place, lambda: local_ray(found))
    say(packing_text())
    whole = Allocation(machine.cpus, machine.gpus, 1)
    most = min(concurrency or machine.cpus, max(1, int(machine.memory / MEMORY_PER_WORKER)))
    node = Node(machine.cpus, machine.gpus, machine.memory)
    place = Workplace(
        lambda: Offer((node,)),
        usual,
        concurrency=most,
        packed=packed([node], wanted, concurrency=most),
        cpus=wanted.cpus,
    )
    return Site(place, lambda: local_ray(whole))


@contextlib.contextmanager
def running_ray_as_site(
    address: str,
    wanted: ResourcesPlan,
    *,
    concurrency: int | None,
    gpus_per_trial: float | None,
    say: Callable[[str], None],
) -> Iterator[Site]:
    """Join a running Ray, and say what trials get there.

    Args:
        address: ``host:port`` of its head, which answers.
        wanted: of the plan.
        concurrency: the most trials at once; None: this search's part of what there is.
        gpus_per_trial: overrides the plan.
        say: takes a line for the user.

    Raises:
        PlaceError: it cannot be joined, or none of its nodes can hold a trial.
    """
    with cluster_ray(address) as folder:
        fleet = Fleet()
        wait_for_a_node(fleet, say)
        offer = fleet.offer
        asked = gpus_per_trial if gpus_per_trial is not None else wanted.gpus
        usual = usual_need(offer, wanted, asked)
        refuse_too_large(offer, usual)
        shares = asked is None and usual.gpus > 0
        everywhere = [*offer.nodes, *offer.growth]
        place = Workplace(
            lambda: fleet.offer,
            usual,
            concurrency=concurrency,
            packed=packed(everywhere, wanted, concurrency=concurrency) if shares else None,
            cpus=wanted.cpus,
        )
        say(_text(offer, place))
        if shares:
            say(packing_text())
        with fleet.watched():
            yield Site(place, lambda: contextlib.nullcontext(folder))


def wait_for_a_node(fleet: Fleet, say: Callable[[str], None], *, seconds: float = FIRST_NODE) -> None:
    """Wait until a Ray has a node that trains, or says what its autoscaler may start.

    Raises:
        PlaceError: none has come.
    """
    deadline, said = time.monotonic() + seconds, False
    while not any(node.cpus for node in (*fleet.offer.nodes, *fleet.offer.growth)):
        if time.monotonic() > deadline:
            raise PlaceError(
                f"no node that trains has joined this Ray in {seconds:.0f} s, and its autoscaler has none to add: "
                "`ray status` on the head says why"
            )
        if not said:
            say("Waiting for the cluster's first worker …")
            said = True
        time.sleep(EVERY)
        fleet.look()


def usual_need(offer: Offer, wanted: ResourcesPlan, gpus: float | None) -> Need:
    """Return what a trial asks for on a cluster: a GPU and its part of the CPU cores where there are some, else a core.

    Args:
        offer: what there is.
        wanted: of the plan.
        gpus: asked for; None: open.
    """
    nodes = [node for node in (*offer.nodes, *offer.growth) if node.cpus]
    with_gpus = [node for node in nodes if node.gpus]
    if gpus is None:
        gpus = 1.0 if with_gpus else 0.0
    cpus = wanted.cpus
    if cpus is None:
        each = min((node.cpus / node.gpus for node in with_gpus), default=1.0)
        cpus = float(max(1, int(each * gpus)) if gpus else wanted.processes)
    fitting = [node.memory for node in nodes if places([node], Need(cpus, gpus))]
    # Ray itself must not lay more stints on a node than its memory holds; one always fits.
    memory = int(MEMORY_PER_WORKER * processes(wanted, gpus))
    return Need(cpus, gpus, min(memory, min(fitting, default=0)))


def refuse_too_large(offer: Offer, asked: Need) -> None:
    """Refuse what no node can hold.

    Raises:
        PlaceError: no living node can, and none that the autoscaler may start.
    """
    nodes = [*offer.nodes, *offer.growth]
    if offer.unknown or places(nodes, asked):
        return
    largest = max(nodes, key=lambda node: (node.gpus, node.cpus))
    raise PlaceError(
        f"{_share_text(asked)} a trial were asked for, but no node of this cluster has that: the largest has "
        f"{_share_text(Need(largest.cpus, largest.gpus))}; ask for less by `resources` or --gpus-per-trial"
    )


def packed(nodes: list[Node], wanted: ResourcesPlan, *, concurrency: int | None) -> Packed:
    """Return how trials share the GPUs of some nodes: no smaller than leaves each a core, its memory, and a use.

    Args:
        nodes: with GPUs; others are left aside.
        wanted: of the plan.
        concurrency: the most trials at once: with fewer than shares, smaller shares would leave GPUs idle.
    """
    with_gpus = [node for node in nodes if node.gpus]
    cpus = min(node.cpus / node.gpus for node in with_gpus)
    memory = min(node.memory / node.gpus for node in with_gpus)
    gpus = sum(node.gpus for node in with_gpus)
    least = max(
        (wanted.cpus or 1.0) / cpus,
        MEMORY_PER_WORKER / memory if memory else 0.0,
        gpus / concurrency if concurrency else 0.0,
    )
    return Packed(cpus, next((share for share in SHARES if share >= least), 1.0))


def packing_text() -> str:
    """Say how GPUs are shared."""
    return "the first trial of each architecture and batch size is measured on a whole GPU, later ones share GPUs"


def _text(offer: Offer, place: Workplace) -> str:
    """Say what trials get on a cluster."""
    training = [node for node in offer.nodes if node.cpus]
    count, more = len(training), len(offer.growth)
    nodes = f"{count} node{'s' if count != 1 else ''}" + (f", {more} more may be started" if more else "")
    shared = f", shared by {offer.searches} searches" if offer.searches > 1 else ""
    workers = place.workers()
    trials = f"{workers} trials at once" if workers > 1 else "1 trial at a time"
    return f"{nodes}{shared}; {trials}, {_share_text(place.usual)} each"


def _share_text(asked: Need) -> str:
    return f"{asked.cpus:g} CPU" + (f" and {asked.gpus:g} GPU" if asked.gpus else "")

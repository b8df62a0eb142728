"""What Ray misses in a cluster file of one's own machines (`provider: {type: local}`)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from search.cluster.commands import HEAD
from search.cluster.places import mapping_at, mistake_at, value_at
from search.cluster.schema import unknown_key
from search.plan.document import Node
from search.plan.mistake import Mistake

KEYS = ("type", "head_ip", "worker_ips", "external_head_ip", "use_internal_ips", "disable_node_updaters")
"""Of the provider, without a coordinator (`ray/autoscaler/_private/local`)."""

V1 = "export RAY_enable_autoscaler_v2=0"
_ADDRESS = re.compile(r"--node-ip-address(?:=|\s+)(\S+)")


def on_premise_mistakes(document: Node) -> Iterator[Mistake]:
    """Yield the mistakes of a file for one's own machines; nothing where it is for a cloud."""
    provider = mapping_at(document, "provider")
    if provider.get("type") != "local" or "coordinator_address" in provider:
        return
    yield from (unknown_key(document, ("provider", key), KEYS) for key in provider.keys() - set(KEYS))
    yield from _addresses(document)
    yield from _workers(document)
    yield from _start(document)
    if not value_at(document, "auth", "ssh_user"):
        yield mistake_at(document, ("auth", "ssh_user"), "nothing", "the user on all machines")


def _addresses(document: Node) -> Iterator[Mistake]:
    head, workers = (value_at(document, "provider", key) for key in ("head_ip", "worker_ips"))
    if not isinstance(head, str):
        yield mistake_at(document, ("provider", "head_ip"), "nothing", "the head's address")
    if not isinstance(workers, list):
        yield mistake_at(
            document, ("provider", "worker_ips"), "nothing", "the list of the workers' addresses"
        )
        return
    seen = {head}
    for position, address in enumerate(workers):
        if address in seen:
            yield mistake_at(
                document,
                ("provider", "worker_ips", position),
                f"{address} a second time",
                "each machine once",
            )
        seen.add(address)


def _workers(document: Node) -> Iterator[Mistake]:
    """Ray only warns, and then some machines stay idle or are waited for."""
    listed = value_at(document, "provider", "worker_ips")
    for key in ("min_workers", "max_workers"):
        number = value_at(document, key)
        if isinstance(listed, list) and isinstance(number, int) and number > len(listed):
            yield mistake_at(
                document, (key,), str(number), f"at most {len(listed)}, the number of worker_ips"
            )


def _start(document: Node) -> Iterator[Mistake]:
    commands, head = value_at(document, HEAD), value_at(document, "provider", "head_ip")
    for position, command in enumerate(commands if isinstance(commands, list) else ()):
        if not isinstance(command, str) or "ray start" not in command:
            continue
        place = (HEAD, position)
        if V1 not in command:
            expected = f"`{V1}` before it: version 2 starts only some of the workers of one's own machines"
            yield mistake_at(document, place, "`ray start` alone", expected)
        for address in _ADDRESS.findall(command):
            if address != head:
                yield mistake_at(document, place, f"--node-ip-address={address}", f"head_ip, {head}")

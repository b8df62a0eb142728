"""The shell commands of a cluster file that start Ray: whom they let in, and that the autoscaler runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from search.cluster.places import mistake_at, texts, value_at
from search.plan.document import Node
from search.plan.mistake import Mistake

LOOPBACK = ("127.0.0.1", "localhost", "::1")
HEAD, WORKER = "head_start_ray_commands", "worker_start_ray_commands"

_HOST = re.compile(r"--dashboard-host(?:=|\s+)(\S+)")
_START = re.compile(r"\bray start\b")


def command_mistakes(document: Node) -> Iterator[Mistake]:
    """Yield commands that open Ray's dashboard, or start a Ray that cannot grow or join."""
    for path, command in texts(document.plain()):
        for host in _HOST.findall(command):
            if host.strip("'\"") not in LOOPBACK:
                expected = "--dashboard-host=127.0.0.1, since Ray's dashboard and Jobs API have no password"
                yield mistake_at(document, path, f"--dashboard-host={host}", expected)
    yield from _lacks(document, HEAD, "--autoscaling-config=~/ray_bootstrap_config.yaml", "starts no workers")
    yield from _lacks(document, WORKER, "--address=$RAY_HEAD_IP:", "never joins its head")


def _lacks(document: Node, key: str, option: str, consequence: str) -> Iterator[Mistake]:
    """Yield the `ray start` of a list of commands that lacks an option."""
    commands = value_at(document, key)
    for position, command in enumerate(commands if isinstance(commands, list) else ()):
        if isinstance(command, str) and _START.search(command) and option not in command:
            expected = f"{option}, without which Ray {consequence}"
            yield mistake_at(document, (key, position), "`ray start` without it", expected)

"""Ray that is running already: joined for one search, and left as it was."""

from __future__ import annotations

import contextlib
import logging
import os
import platform
from collections.abc import Iterator
from pathlib import Path

import ray
from ray._private.services import find_node_ids

from search.runs.errors import PlaceError
from search.tuning.fleet import NAMESPACE
from search.tuning.local_ray import QUIET, sigterm_kept, silence
from search.tuning.owned_folder import owned_folder, sweep


@contextlib.contextmanager
def cluster_ray(address: str) -> Iterator[Path]:
    """Connect this process to the Ray at an address, silently; at the end it goes on without this process.

    Args:
        address: ``host:port`` of its head, which answers.

    Yields:
        A temporary folder on this machine, gone afterwards.

    Raises:
        PlaceError: Ray or Python there are of other versions, or this machine is no node of it.
    """
    os.environ.update(QUIET)
    sweep()
    with owned_folder() as folder:
        try:
            with sigterm_kept():
                _connect(address)
            silence()
            yield folder
        finally:
            ray.shutdown()


def _connect(address: str) -> None:
    if not find_node_ids():
        # Ray itself would look for a minute.
        raise PlaceError(_reason(address, "no raylet runs here"))
    try:
        ray.init(address, namespace=NAMESPACE, log_to_driver=False, logging_level=logging.CRITICAL)
    except (RuntimeError, ConnectionError, OSError, ValueError) as error:
        raise PlaceError(_reason(address, str(error))) from error


def _reason(address: str, said: str) -> str:
    """Say in one sentence why Ray could not be joined."""
    if "Version mismatch" in said:
        there = [line.split(":", 1)[1].strip() for line in said.splitlines() if line.startswith("    ")]
        return (
            f"{address}: Ray {there[0]} and Python {there[1]} run there, but this is Ray {ray.__version__} and Python "
            f"{platform.python_version()}: a search needs the same on both"
        )
    lines = said.strip().splitlines() or ["no reason given"]
    return (
        f"{address}: Ray cannot be joined from this machine, {platform.node()}; a search must run on one of its nodes, "
        f"so call it there, or ship it by --cluster ({lines[0]})"
    )

"""Whether what is installed here and on a cluster fits together."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version

import search
from search.cluster.errors import ClusterError
from search.cluster.remote import About


def check_versions(about: About, place: str) -> str | None:
    """Refuse a cluster with another Winnow or another Ray, before anything starts there.

    The Python need not be the same: nothing is pickled between the two machines, and a plugin that needs a newer one
    says so itself.

    Args:
        about: what its head says of itself.
        place: of the head, for the message.

    Returns:
        What is worth knowing, else None.

    Raises:
        ClusterError: the search would not be the one that was asked for; the message says how to mend it.
    """
    for name, there, here in (
        ("Winnow", about.winnow, search.__version__),
        ("Ray", about.ray, installed("ray")),
    ):
        if there is None:
            raise ClusterError(
                f"{place}: {name} is not installed there (by {about.python}), and {name} {here} is expected as "
                "on this machine: let `setup_commands` of the cluster file install it, then `ray up` again"
            )
        if here is not None and there != here:
            raise ClusterError(
                f"{place}: {name} {there} is installed there, but {name} {here} on this machine: install the same "
                "on both, then `ray up` again"
            )
    if not about.jobs:
        raise ClusterError(
            f"{place}: Ray's Jobs API lacks its packages there: install 'winnow-search[cluster]' (or ray[default]) "
            "on the cluster, then `ray up` again"
        )
    minor = "{}.{}".format(*sys.version_info[:2])
    return None if about.minor == minor else f"The cluster has Python {about.minor}, this machine {minor}."


def installed(package: str) -> str | None:
    """Return the version of a package on this machine, without importing it; None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None

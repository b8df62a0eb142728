"""A verb that only looks or asks, run on the head of a cluster over SSH: what it prints is printed here."""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Callable, Sequence

from search.cluster.choose import Cluster, named
from search.cluster.errors import LinkLost
from search.cluster.link import LOST, Link
from search.cluster.paths import run_there
from search.cluster.remote import about, missing, words_there
from search.cluster.versions import check_versions
from search.runs.storage_url import refuse_password, storage_words


def relay_run(module: str, arguments: argparse.Namespace, words: Sequence[str] = ()) -> int:
    """Run a verb about one run on the head and return its exit code.

    Args:
        module: of the verb.
        arguments: its arguments here: of which cluster (``cluster``), which run (``run``: a name, or a path there),
            ``json``, and ``storage`` where it has that.
        words: its own arguments there.

    Raises:
        ClusterError: the cluster is not up, or the verb cannot be run there.
        StudyError: the storage has a password, which all who may list processes there would read.
    """
    url = getattr(arguments, "storage", None)
    refuse_password(url)
    json = ["--json"] if arguments.json else []
    return relay(
        named(arguments.cluster),
        module,
        lambda home: [run_there(home, str(arguments.run)), *json, *storage_words(url), *words],
    )


def relay(cluster: Cluster, module: str, words: Callable[[str], Sequence[str]]) -> int:
    """Run a verb on the head and return its exit code.

    Args:
        cluster: that is up.
        module: of the verb.
        words: returns its arguments there, given the home directory there.

    Raises:
        ClusterError: it cannot be run there.
    """
    with Link(cluster.login) as link:
        found = about(link)
        check_versions(found, link.login.place)
        there = [module, *words(found.home)]
        code = subprocess.run(
            link.command(words_there(["-m", *there])), stdin=subprocess.DEVNULL, check=False
        ).returncode
        if code == LOST:
            raise LinkLost(f"the link to {link.login.place} is cut")
        error = missing(link, code)
        if error is not None:
            raise error
    return code

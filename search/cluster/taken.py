"""Which names of runs are taken, so that a search on a cluster finds a free one before it is begun there."""

from __future__ import annotations

import json
from pathlib import Path

from search.cluster.link import Link
from search.cluster.remote import python_there

LIST = """
import json, os, sys
place = sys.argv[1]
def below(folder):
    return os.listdir(folder) if os.path.isdir(folder) else []
if "://" in place:
    from search.runs.local_copy import local_runs
    from search.training.bucket import Bucket
    names = [*Bucket(place).folders(), *below(local_runs(place))]
else:
    names = below(place)
print(json.dumps(sorted(set(names))))
"""
"""What the head's Python runs: the credentials of a bucket are the head's. What a driver there has not published yet is
taken, too, as `search.tuning.new_run` sees it."""


def taken_there(link: Link, runs: str) -> set[str]:
    """Return which names are taken on the head.

    Args:
        link: to the head.
        runs: the folder of all runs there, or `s3://bucket/prefix`.

    Raises:
        ClusterError: the head does not answer, or the bucket is out of its reach.
    """
    said = python_there(link, ["-c", LIST, runs])
    return set(json.loads(said.decode().splitlines()[-1]))


def taken_here(folder: Path) -> set[str]:
    """Return which names are taken on this machine.

    Args:
        folder: of all runs; it may be missing.
    """
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()

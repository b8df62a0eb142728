"""Brings a folder of this machine to the head of a cluster, once: what is there already does not travel again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from search.cluster.link import Link
from search.cluster.paths import copy_there

WEIGHTS = ("checkpoint-*.pt",)


def bring(
    link: Link,
    folder: Path,
    *,
    home: str,
    kind: str,
    say: Callable[[str], None],
    show: bool = False,
    without: Sequence[str] = (),
) -> str:
    """Copy a folder or file to the head, below `~/winnow/<kind>`, and return its path there.

    Args:
        link: to the head.
        folder: here.
        home: the home directory there.
        kind: what it holds, one word.
        say: takes a line for the user.
        show: let rsync draw its progress on standard output.
        without: patterns of names that stay.

    Raises:
        ClusterError: it cannot be copied.
    """
    source = folder.resolve()
    target = copy_there(home, kind, source)
    say(f"{folder} is copied to the cluster, {target}; what is there already is not copied again")
    link.run(["mkdir", "-p", target])
    options = ["--partial", "--copy-unsafe-links", *(f"--exclude={pattern}" for pattern in without)]
    if show:
        options += ["--info=progress2", "--no-inc-recursive"]
    place = f"{source}/" if source.is_dir() else str(source)
    # Its own standard output where it may draw.
    link.rsync([*options, place, link.place_of(f"{target}/")], **({"stdout": None} if show else {}))
    return target if source.is_dir() else f"{target}/{source.name}"

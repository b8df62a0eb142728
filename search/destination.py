"""Where a verb runs: here, on a Ray that runs already, or on a cluster; what it may be told of that, what it says."""

from __future__ import annotations

import argparse
import socket
from collections.abc import Sequence
from pathlib import Path

import search
from search.cluster.choose import Chosen, choose
from search.console import print_json
from search.plan.cluster_yaml import DEFAULT
from search.plan.place import Place
from search.runs.copies import asked_there
from search.runs.layout import RunLayout
from search.runs.lease import origin_of
from search.runs.storage_url import storage_words
from search.tuning.running_ray import address_of
from search.verb import UserError

Options = argparse.ArgumentParser | argparse._MutuallyExclusiveGroup
"""What an option is added to."""


def add_address(parser: Options) -> None:
    """Add ``--address``."""
    parser.add_argument(
        "--address", metavar="HOST:PORT", help="run on this Ray that runs already (auto: this machine's)"
    )


def add_cluster(parser: Options, *, always: bool = False) -> None:
    """Add ``--cluster``.

    Args:
        parser: of the verb.
        always: the verb is about a cluster: without the option that of `./cluster.yaml`.
    """
    told = (
        f"of the cluster ({DEFAULT})" if always else "on the cluster of this file (what `ray up` was given)"
    )
    parser.add_argument(
        "--cluster", metavar="FILE", type=Path, default=DEFAULT if always else None, help=told
    )


def add_places(parser: argparse.ArgumentParser) -> None:
    """Add all that a search may be told of where it runs: in one place at the most."""
    one = parser.add_mutually_exclusive_group()
    add_address(one)
    add_cluster(one)
    one.add_argument("--local", action="store_true", help="run here, whatever cluster is up")
    add_following(parser)


def add_following(parser: argparse.ArgumentParser) -> None:
    """Add what may be said of a run on a cluster while it is followed."""
    parser.add_argument(
        "--no-fetch", action="store_true", help="leave the run on the cluster: do not bring it to ./runs"
    )


def where(arguments: argparse.Namespace, *, look: bool = False) -> Chosen:
    """Return where a search runs, and say so at once, before anything slow is loaded.

    ``arguments.address`` is the running Ray's from then on, None where the search starts its own.

    Args:
        arguments: of the verb, with `add_places`.
        look: for the cluster of `./cluster.yaml`, too.

    Raises:
        ClusterError: the cluster that was named is not up.
        PlaceError: it was to run on a Ray that does not answer.
    """
    given = arguments.local or arguments.cluster is not None
    arguments.address = None if given else address_of(arguments.address)
    chosen = choose(arguments.cluster, look=look and not arguments.local and arguments.address is None)
    _announce(_words(arguments, chosen), as_json=arguments.json)
    return chosen


def stay(run: Place, verb: str) -> None:
    """Refuse to change a copy of a run whose search belongs to a cluster.

    Raises:
        UserError: it is one; the message says how to change the run itself.
    """
    if said := of_a_copy(run, verb):
        raise UserError(f"{said}; to go on with the copy, remove {RunLayout(Path(run)).fetched.name} from it")


def ask_there(arguments: argparse.Namespace, verb: str, words: Sequence[str]) -> None:
    """Refuse to ask a copy of a run for something: what is asked of it would not reach its search.

    Args:
        arguments: of the verb: ``run``, and ``storage`` where it has that.
        verb: that asks.
        words: its own arguments.

    Raises:
        UserError: it is a copy; the message says what to type, whole but for a password.
    """
    storage = storage_words(getattr(arguments, "storage", None))
    if said := of_a_copy(arguments.run, verb, [*storage, *words]):
        raise UserError(said)


def of_a_copy(run: Place, verb: str, words: Sequence[str] = ()) -> str:
    """Return what a copy is a copy of, and what to type for the run itself; empty where it is none."""
    origin = origin_of(RunLayout(run)) if isinstance(run, Path) else None
    if origin is None:
        return ""
    return f"{run}: this is a copy of {origin.text}: {asked_there(RunLayout(Path(run)), verb, *words)}"


def _words(arguments: argparse.Namespace, chosen: Chosen) -> str:
    """Return where a search runs, in words."""
    host = socket.gethostname()
    if chosen.cluster is not None:
        return chosen.cluster.text
    if arguments.address is not None:
        return f"the Ray at {arguments.address}, from {host}"
    return f"this machine, {host}{f' ({chosen.why_not})' if chosen.why_not else ''}"


def _announce(place: str, *, as_json: bool) -> None:
    text = f"Winnow {search.__version__} on {place}"
    if as_json:
        print_json(event="message", text=text)
    else:
        print(text, flush=True)

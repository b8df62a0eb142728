"""`python -m search.enqueue`: let a search try a configuration next, perhaps another trial's with changes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence

from search.asking import Answered, ask
from search.console import Reporter
from search.destination import add_cluster, ask_there
from search.opening import driven_here, own_run
from search.plan.command import command
from search.plan.domain import Fixed
from search.plan.place import place
from search.plan.scalars import read_scalar
from search.plan.space import Space
from search.plan.trial_config import Value
from search.relaying import relay_run
from search.runs.lease import RunIsHeld
from search.runs.publish import written
from search.runs.requests import send
from search.verb import UserError, Verb, add_json, add_storage, main_of

EXAMPLE = """\
example:
  python -m search.enqueue runs/digits --from 7 --set learning_rate=0.01
  python -m search.enqueue runs/digits --set optimizer=sgd
  python -m search.enqueue digits --set optimizer=sgd --cluster cluster.yaml

What is not said is left to the sampler. Where nobody drives the run, it is tried when the search goes on.
"""


def parser() -> argparse.ArgumentParser:
    """Return the arguments of this verb."""
    made = argparse.ArgumentParser(
        prog="python -m search.enqueue",
        description="Let a search try a configuration next; it comes on top of the budget.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "run", type=place, metavar="RUN", help="the folder of the run, or s3://bucket/prefix/run"
    )
    made.add_argument(
        "--from", type=int, metavar="N", dest="origin", help="begin with this trial's configuration"
    )
    made.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], help="of a parameter of the space"
    )
    add_storage(made)
    add_cluster(made)
    add_json(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    if arguments.origin is None and not arguments.set:
        raise UserError(
            "nothing is said of the configuration: --from N, --set NAME=VALUE or both are expected"
        )
    if arguments.cluster is not None:
        return relay_run("search.enqueue", arguments, _words(arguments))
    ask_there(arguments, "enqueue", _words(arguments))
    found = driven_here(arguments.run, arguments.storage)
    try:
        before = {} if arguments.origin is None else found.trial(arguments.origin).point
    except KeyError as error:
        raise UserError(str(error.args[0])) from error
    point = edited(found.plan.space, before, dict(map(_pair, arguments.set)))
    mistakes = found.plan.space.check(point, partial=True)
    if mistakes:
        raise UserError("; ".join(mistakes))
    driven = found.driver is not None
    answered = ask(found.layout, "enqueue", point=point) if driven else _leave(arguments, point)
    return answered.tell("enqueue", as_json=arguments.json)


def _words(arguments: argparse.Namespace) -> list[str]:
    """Return this verb's own arguments, as they were typed."""
    origin = [] if arguments.origin is None else ["--from", str(arguments.origin)]
    return [*origin, *(word for one in arguments.set for word in ("--set", one))]


def _leave(arguments: argparse.Namespace, point: Mapping[str, Value]) -> Answered:
    """Leave the request for whoever goes on with the search; a run of a bucket takes it there."""
    say = Reporter("", "", as_json=arguments.json).say
    layout = own_run(arguments.run, arguments.storage, say=say).layout
    try:
        with written(layout, say=say):
            send(layout, "enqueue", point=point)
    except RunIsHeld as error:
        raise UserError(str(error)) from error
    return Answered(True, f"it is tried when the search goes on: {command('resume', arguments.run)}")


def edited(space: Space, before: Mapping[str, Value], changes: Mapping[str, Value]) -> dict[str, Value]:
    """Return a point with changes; what they switch off, and what the space fixes or has no more, falls away."""
    point = {**before, **changes}
    kept = [name for name in before if name in space and not isinstance(space[name].domain, Fixed)]
    active = {name for name in kept if space.active(name, point)}
    return {name: value for name, value in point.items() if name in changes or name in active}


def _pair(text: str) -> tuple[str, Value]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UserError(f"--set {text}: NAME=VALUE is expected")
    try:
        return name.strip(), read_scalar(value.strip())
    except ValueError as error:
        raise UserError(f"--set {name.strip()}: {error}") from None


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())

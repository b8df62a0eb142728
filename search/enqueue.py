"""`python -m search.enqueue`: let a search try a configuration next, perhaps another trial's with changes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from search.asking import Answered, ask
from search.opening import run_of
from search.plan.domain import Fixed
from search.plan.scalars import read_scalar
from search.plan.space import Space
from search.plan.trial_config import Value
from search.runs.requests import send
from search.verb import UserError, Verb, add_json, main_of

EXAMPLE = """\
example:
  python -m search.enqueue runs/digits --from 7 --set learning_rate=0.01
  python -m search.enqueue runs/digits --set optimizer=sgd

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
    made.add_argument("run", type=Path, metavar="RUN", help="the folder of the run")
    made.add_argument(
        "--from", type=int, metavar="N", dest="origin", help="begin with this trial's configuration"
    )
    made.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], help="of a parameter of the space"
    )
    made.add_argument("--storage", metavar="URL", help="the Optuna storage of its study, with the password")
    add_json(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    found = run_of(arguments.run, arguments.storage)
    try:
        before = {} if arguments.origin is None else found.trial(arguments.origin).point
    except KeyError as error:
        raise UserError(str(error.args[0])) from error
    point = edited(found.plan.space, before, dict(map(_pair, arguments.set)))
    mistakes = found.plan.space.check(point, partial=True)
    if mistakes:
        raise UserError("; ".join(mistakes))
    if found.driver is not None:
        answered = ask(found.layout, "enqueue", point=point)
    else:
        send(found.layout, "enqueue", point=point)
        answered = Answered(
            True, f"it is tried when the search goes on: python -m search.resume {arguments.run}"
        )
    return answered.tell("enqueue", as_json=arguments.json)


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
    return name.strip(), read_scalar(value.strip())


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())

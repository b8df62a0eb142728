"""`python -m search.run`: run a new search from a YAML space to a ranked, recorded result."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

from search.destination import add_places, where
from search.on_disk import folder_here
from search.plan.place import in_bucket, place
from search.plan.shipped import shipped_spaces
from search.verb import Verb, add_json, add_limits, main_of

EXAMPLE = """\
example:
  python -m search.run --space digits.yaml
  python -m search.run --space resnet.yaml --data-dir ~/cifar10 --trials 32 --time-budget 2h
  python -m search.run --space digits.yaml --warm-start runs/digits runs/mnist
  python -m search.run --space resnet.yaml --cluster cluster.yaml
  python -m search.run --space mnist.yaml --set space.batch_size='[64,128]' --check
"""


def _spaces() -> str:
    """Return which spaces come with Winnow, and where the words of one's own are listed."""
    names = ", ".join(name.removesuffix(".yaml") for name in shipped_spaces())
    told = textwrap.fill(names, width=78, initial_indent="  ", subsequent_indent="  ")
    return (
        f"spaces that come with Winnow:\n{told}\nwords of a space of your own: python -m search.vocabulary\n"
    )


def parser() -> argparse.ArgumentParser:
    """Return the arguments of this verb."""
    made = argparse.ArgumentParser(
        prog="python -m search.run",
        description="Search for the best image classifier: trials guided by Optuna, run by Ray Tune, "
        "the weak ones stopped by ASHA.",
        epilog=f"{EXAMPLE}\n{_spaces()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "--space", required=True, metavar="YAML", help="a path, or the name of a space that comes with Winnow"
    )
    made.add_argument("--trials", metavar="N", help="how many configurations to try")
    made.add_argument("--epochs", metavar="N", help="epochs of a full training")
    made.add_argument("--time-budget", metavar="TIME", help="stop after 90s, 30m, 2h …")
    made.add_argument(
        "--data-dir",
        metavar="DIR",
        help="where the images are, or may be downloaded to: a folder, or s3://bucket/prefix",
    )
    made.add_argument(
        "--runs-dir",
        metavar="DIR",
        default="runs",
        type=place,
        help="of all runs, or s3://bucket/prefix (default: runs)",
    )
    made.add_argument("--name", help="of the run (default: the space's name, numbered)")
    made.add_argument(
        "--warm-start",
        metavar="RUN",
        nargs="+",
        default=[],
        type=folder_here,
        help="begin from what earlier runs (or single trials, or bundles) found, also of other data or another space",
    )
    made.add_argument("--seed", metavar="S", help="of the search and of every training")
    add_limits(made)
    add_places(made)
    made.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], help="override any key of the YAML file"
    )
    made.add_argument(
        "--check", action="store_true", help="check everything, print what it would cost, train nothing"
    )
    add_json(made)
    return made


def settings(arguments: argparse.Namespace) -> list[str]:
    """Return what the command line sets of the plan, as ``key=value``, on whichever machine the search runs."""
    named = {
        "budget.trials": arguments.trials,
        "budget.epochs": arguments.epochs,
        "budget.time": arguments.time_budget,
        "seed": arguments.seed,
    }
    return [*arguments.set, *(f"{key}={value}" for key, value in named.items() if value is not None)]


def overrides(arguments: argparse.Namespace) -> list[str]:
    """Return the same with what is of this machine: the folder of the images."""
    folder = [f"data.dir={_absolute(arguments.data_dir)}"] if arguments.data_dir else []
    return [*settings(arguments), *folder]


def _absolute(place: str) -> str:
    """Return a place of images as the plan keeps it: a bucket's address, or the whole path of a folder."""
    return place if in_bucket(place) else str(Path(place).expanduser().resolve())


def _may_go(arguments: argparse.Namespace) -> bool:
    """Return whether the search may go to a cluster untold: a check costs nothing here, a whole path is one here."""
    return not arguments.check and not (
        isinstance(arguments.runs_dir, Path) and arguments.runs_dir.is_absolute()
    )


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    there = where(arguments, look=_may_go(arguments)).cluster
    # After the arguments are parsed: torch, Ray and the data cost seconds that --help should not take.
    if there is not None:
        from search.submitting import run_on  # noqa: PLC0415

        return run_on(there, arguments, settings(arguments))
    from search.commands import check_space, run_search  # noqa: PLC0415

    act = check_space if arguments.check else run_search
    return act(arguments, overrides(arguments))


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())

"""`python -m search.run`: run a new search from a YAML space to a ranked, recorded result."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from search.verb import Verb, add_json, add_limits, announce, main_of

EXAMPLE = """\
example:
  python -m search.run --space digits.yaml
  python -m search.run --space resnet.yaml --data-dir ~/cifar10 --trials 32 --time-budget 2h
  python -m search.run --space digits.yaml --warm-start runs/digits runs/mnist
  python -m search.run --space mnist.yaml --set space.batch_size='[64,128]' --check
"""


def parser() -> argparse.ArgumentParser:
    """Return the arguments of this verb."""
    made = argparse.ArgumentParser(
        prog="python -m search.run",
        description="Search for the best image classifier: trials guided by Optuna, run by Ray Tune, "
        "the weak ones stopped by ASHA.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "--space", required=True, metavar="YAML", help="a path, or the name of a space that comes with Winnow"
    )
    made.add_argument("--trials", metavar="N", help="how many configurations to try")
    made.add_argument("--epochs", metavar="N", help="epochs of a full training")
    made.add_argument("--time-budget", metavar="TIME", help="stop after 90s, 30m, 2h …")
    made.add_argument("--data-dir", metavar="DIR", help="where the images are, or may be downloaded to")
    made.add_argument(
        "--runs-dir", metavar="DIR", default="runs", type=Path, help="of all runs (default: runs)"
    )
    made.add_argument("--name", help="of the run (default: the space's name, numbered)")
    made.add_argument(
        "--warm-start",
        metavar="RUN",
        nargs="+",
        default=[],
        type=Path,
        help="begin from what earlier runs (or single trials, or bundles) found, also of other data or another space",
    )
    made.add_argument("--seed", metavar="S", help="of the search and of every training")
    add_limits(made)
    made.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], help="override any key of the YAML file"
    )
    made.add_argument(
        "--check", action="store_true", help="check everything, print what it would cost, train nothing"
    )
    made.add_argument("--local", action="store_true", help="run here, whatever cluster is up")
    add_json(made)
    return made


def overrides(arguments: argparse.Namespace) -> list[str]:
    """Return what the command line sets, as ``key=value``."""
    named = {
        "budget.trials": arguments.trials,
        "budget.epochs": arguments.epochs,
        "budget.time": arguments.time_budget,
        "data.dir": Path(arguments.data_dir).expanduser().resolve() if arguments.data_dir else None,
        "seed": arguments.seed,
    }
    return [*arguments.set, *(f"{key}={value}" for key, value in named.items() if value is not None)]


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    announce(arguments)
    # After the arguments are parsed: torch, Ray and the data cost seconds that --help should not take.
    from search.commands import check_space, run_search  # noqa: PLC0415

    act = check_space if arguments.check else run_search
    return act(arguments, overrides(arguments))


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())

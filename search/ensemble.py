"""`python -m search.ensemble`: choose which completed trials are best together, and say what that gains and costs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from search.console import print_json
from search.destination import add_cluster
from search.on_disk import folder_with_weights
from search.opening import run_of
from search.relaying import relay_run
from search.training.errors import TrainingError
from search.verb import DONE, UserError, Verb, add_json, add_storage, main_of, positive

if TYPE_CHECKING:  # torch is behind it: seconds that --help should not take
    from search.winner.confirmation.estimate import Difference
    from search.winner.ensemble.document import EnsembleChoice

EXAMPLE = """\
example:
  python -m search.ensemble runs/digits
  python -m search.export runs/digits --trial ensemble
  python -m search.ensemble digits --cluster cluster.yaml

The members answer together by the weighted mean of their probabilities. What that gains is measured on validation
images that took no part in the choice of the members.
"""


def parser() -> argparse.ArgumentParser:
    """Return the arguments of this verb."""
    made = argparse.ArgumentParser(
        prog="python -m search.ensemble",
        description="Choose an ensemble from the completed trials of a run whose weights were kept (greedy selection, "
        "Caruana and others 2004). Nothing is trained.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("run", type=folder_with_weights, metavar="RUN", help="the folder of the run")
    made.add_argument(
        "--size",
        type=positive,
        default=25,
        metavar="N",
        help="take at most N models, a good one again and again (25)",
    )
    add_storage(made)
    add_cluster(made)
    add_json(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    if arguments.cluster is not None:
        return relay_run("search.ensemble", arguments, ["--size", str(arguments.size)])
    found = run_of(arguments.run, arguments.storage)
    # After the arguments are parsed: torch costs seconds that --help should not take.
    from search.winner.ensemble.choose import NoEnsemble, choose_ensemble  # noqa: PLC0415

    try:
        chosen = choose_ensemble(found, size=arguments.size)
    except (NoEnsemble, TrainingError) as error:
        raise UserError(str(error)) from error
    if arguments.json:
        print_json(event="ensemble", **chosen.to_json())
    else:
        print("\n".join(told(chosen)))
    return DONE


def told(found: EnsembleChoice) -> list[str]:
    """Return what was found, in lines."""
    times = found.cost.flops / max(found.cost_alone.flops, 1)
    lines = ["trial  share", *(f"{one.trial:5}  {one.share:5.0%}" for one in found.members), ""]
    lines += [
        f"Chosen from the {found.library} completed trials whose weights were kept.",
        f"On {found.together.images:,} validation images that took no part in the choice (5 folds),",
        "with 95 % intervals:",
        f"  the ensemble   {found.together.mean:.4f}  ({found.together.low:.4f} to {found.together.high:.4f})",
        f"  the best alone {found.alone.mean:.4f}  ({found.alone.low:.4f} to {found.alone.high:.4f})",
        f"  the gain      {gain(found.gain)}",
        f"An answer of the ensemble takes {times:.1f} times as many multiplications as one of",
        f"the best trial alone, and {found.cost.parameters:,} parameters instead of {found.cost_alone.parameters:,}.",
    ]
    if len(found.members) == 1:
        lines.append("No ensemble is better than this trial alone on the validation images.")
    if found.possible is not None:
        lines += [
            f"From the best {found.judged} of {found.completed} completed trials it would be {gain(found.possible)};",
            "the weights of the others were not kept.",
        ]
    return lines


def gain(found: Difference) -> str:
    """Return a difference with its interval."""
    return f"{found.mean:+.4f} ({found.low:+.4f} to {found.high:+.4f})"


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())

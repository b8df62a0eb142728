"""`python -m search.importance`: which parameters matter, among trials that were trained equally long."""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from search.console import print_json
from search.destination import add_cluster
from search.opening import run_of
from search.plan.place import place
from search.relaying import relay_run
from search.runs.importance import FANOVA_TRIALS, LEAST_TRIALS, Importance, Round, fanova, ped_anova
from search.runs.run import Run
from search.verb import DONE, UserError, Verb, add_json, add_storage, main_of, positive

EXAMPLE = """\
example:
  python -m search.importance runs/digits
  python -m search.importance runs/digits --epoch 9 --fanova --json
  python -m search.importance digits --cluster cluster.yaml
"""


def parser() -> argparse.ArgumentParser:
    """Return the arguments of this verb."""
    made = argparse.ArgumentParser(
        prog="python -m search.importance",
        description="Say which parameters matter: by PED-ANOVA at once, by fANOVA in some seconds.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "run", type=place, metavar="RUN", help="the folder of the run, or s3://bucket/prefix/run"
    )
    made.add_argument(
        "--epoch",
        type=positive,
        metavar="N",
        help="compare the values of this epoch (default: the last one that a third of the trials reached)",
    )
    made.add_argument("--fanova", action="store_true", help="explain the variance by a random forest")
    made.add_argument(
        "--trials",
        type=positive,
        metavar="N",
        default=FANOVA_TRIALS,
        help=f"the most that fANOVA looks at (default: {FANOVA_TRIALS})",
    )
    add_storage(made)
    add_cluster(made)
    add_json(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    if arguments.cluster is not None:
        return relay_run("search.importance", arguments, _words(arguments))
    found = run_of(arguments.run, arguments.storage)
    epoch = arguments.epoch or usual_epoch(found)
    if arguments.fanova:
        _fanova(found, epoch, arguments)
        return DONE
    importance = ped_anova(found, epoch)
    if importance is None:
        raise UserError(
            f"{arguments.run}: at least {LEAST_TRIALS} trials with a value at epoch {epoch} are needed"
        )
    _print(arguments, importance, {})
    return DONE


def _words(arguments: argparse.Namespace) -> list[str]:
    """Return this verb's own arguments, as they were typed."""
    epoch = ["--epoch", str(arguments.epoch)] if arguments.epoch else []
    fanova = ["--fanova", "--trials", str(arguments.trials)] if arguments.fanova else []
    return [*epoch, *fanova]


def usual_epoch(run: Run) -> int:
    """Return the last epoch that a third of the trials with any value reached; 1 where there is none."""
    counts = Counter(
        step
        for trial in run.trials
        for step, value in trial.record.values.items()
        if math.isfinite(value) and not trial.record.aside
    )
    most = max(counts.values(), default=0)
    return max((step for step, count in counts.items() if 3 * count >= most), default=1)


def _fanova(run: Run, epoch: int, arguments: argparse.Namespace) -> None:
    last: Round | None = None
    try:
        for last in fanova(run, epoch, trials=arguments.trials):
            if arguments.json:
                print_json(
                    event="progress",
                    text=f"round {last.number} of {last.of}",
                    done=last.number,
                    total=last.of,
                )
    except ValueError as error:
        raise UserError(f"{arguments.run}: {error}") from error
    assert last is not None, "there is at least one round"
    _print(arguments, last.importance, last.errors)


def _print(arguments: argparse.Namespace, found: Importance, errors: Mapping[str, float]) -> None:
    if arguments.json:
        print_json(event="importance", **vars(found), errors=errors)
        return
    table = Table("parameter", "share", "± standard error" if errors else "", box=None)
    for name, share in found.shares.items():
        table.add_row(name, f"{share:.3f}", f"{errors[name]:.3f}" if errors else "")
    console = Console(highlight=False)
    console.print(table)
    console.print(f"at epoch {found.epoch}, on {found.trials} trials. {found.note}", markup=False)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())

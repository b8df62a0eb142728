"""What `confirm` does once its arguments are read: launch the trainings, show them, print what was found."""

from __future__ import annotations

import argparse

from rich.table import Table

from search.console import Reporter, print_json
from search.opening import own_run
from search.plan.plan import at_their_lines
from search.runs.lease import RunIsHeld
from search.runs.predictions import PredictionsError
from search.training.data.headway import watched
from search.training.errors import TrainingError
from search.tuning.launch import Options, Outcome
from search.verb import DONE, FAILED, UserError
from search.winner.confirmation.confirm import CannotConfirm, Effort, confirm
from search.winner.confirmation.document import Confirmation
from search.winner.confirmation.evidence import NothingLearned
from search.winner.confirmation.words import sentences, warnings


def confirm_run(arguments: argparse.Namespace) -> int:
    """Confirm a run's winner."""
    told = Reporter("", "", as_json=arguments.json)
    run = own_run(arguments.run, arguments.storage, say=told.say)
    reporter = Reporter(f"{run.name}: confirmation", run.plan.objective.metric, as_json=arguments.json)
    effort = Effort(
        top=arguments.top,
        trainings=arguments.budget or arguments.top * arguments.seeds,
        tests=arguments.seeds,
    )
    options = Options(
        concurrency=arguments.concurrency,
        gpus_per_trial=arguments.gpus_per_trial,
        address=arguments.address,
        say=reporter.say,
    )
    try:
        with at_their_lines(run.layout.plan), reporter.showing(), watched(reporter.headway):
            found = confirm(run, effort, listener=reporter.show, options=options)
    except (CannotConfirm, NothingLearned, PredictionsError, RunIsHeld, TrainingError) as error:
        raise UserError(str(error)) from error
    if isinstance(found, Outcome):
        reporter.say(f"not confirmed yet: {found.reason}; the same command goes on")
        return FAILED
    if arguments.json:
        print_json(event="confirmation", **found.to_json())
    else:
        for line in (f"The winner is trial {found.winner}.", *sentences(found), *warnings(found)):
            reporter.say(line)
        reporter.console.print(table(found))
    return DONE


def table(found: Confirmation) -> Table:
    """Return the candidates, the winner first, at most 80 columns wide.

    What the search saw of the objective, and its mean over the trainings of the choice; then their accuracy, with its
    standard deviation between seeds.
    """
    headings = ("trial", "search", "again", "accuracy", "seeds", "best with", "left after")
    made = Table(*headings, box=None, pad_edge=False, title=f"{found.metric}: search, again")
    for one in sorted(found.candidates, key=lambda one: -(one.phase or 10**9)):
        accuracy = f"{one.validation.mean:.4f} ± {one.validation.sd:.4f}" if one.validation else ""
        again = f"{one.score:.4f}" if one.score is not None else "failed" if one.failed else ""
        left = "winner" if one.phase is None else f"phase {one.phase}"
        made.add_row(
            str(one.trial),
            f"{one.search_score:.4f}",
            again,
            accuracy,
            str(one.trainings),
            f"{one.chance:.0%}",
            left,
        )
    return made

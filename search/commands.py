"""What `run` and `resume` do once their arguments are read: load the plan, launch, show, sum up."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace

from search.console import Reporter, print_json
from search.opening import run_of
from search.plan.duration import parse_duration
from search.plan.plan import Plan, at_their_lines, find_space, load_plan, plan_plugins
from search.runs.lease import RunIsHeld
from search.runs.reader import open_run
from search.runs.snapshot import Listener, Snapshot
from search.runs.storage_url import VARIABLE
from search.summary import print_summary, summary_document
from search.training.data.headway import watched
from search.training.errors import TrainingError
from search.tuning import launch
from search.tuning.change import Change
from search.tuning.check import check
from search.tuning.vocabulary import vocabulary
from search.tuning.warm_start import CannotRecall
from search.verb import DONE, FAILED, UserError


def run_search(arguments: argparse.Namespace, overrides: Sequence[str]) -> int:
    """Run a new search."""
    plan = _plan(arguments, overrides)
    reporter = _reporter(arguments, arguments.name or plan.name, plan)
    options = _options(arguments, reporter)
    with at_their_lines(find_space(arguments.space), overrides):
        return _launch(
            arguments,
            reporter,
            lambda listener: launch.start(
                plan,
                folder=arguments.runs_dir,
                name=arguments.name,
                listener=listener,
                options=replace(options, storage=options.storage or os.environ.get(VARIABLE)),
            ),
        )


def resume_search(arguments: argparse.Namespace) -> int:
    """Go on with a run."""
    known = run_of(arguments.run, arguments.storage)
    reporter = _reporter(arguments, known.name, known.plan)
    file = find_space(arguments.space) if arguments.space else known.layout.plan
    with at_their_lines(file, arguments.set):
        return _launch(
            arguments,
            reporter,
            lambda listener: launch.resume(
                arguments.run,
                more_trials=arguments.trials,
                change=_change(arguments),
                seconds=_seconds(arguments.time_budget),
                listener=listener,
                options=_options(arguments, reporter),
            ),
        )


def check_space(arguments: argparse.Namespace, overrides: Sequence[str]) -> int:
    """Check a space and print what its search would cost; train nothing."""
    plan = _plan(arguments, overrides)
    reporter = _reporter(arguments, plan.name, plan)
    # One document is expected of --json, and a check without it has no display that a line could disturb.
    listener = nullcontext() if arguments.json else watched(reporter.headway)
    with at_their_lines(find_space(arguments.space), overrides), listener:
        try:
            report = check(plan, vocabulary(plan.plugins), gpus_per_trial=arguments.gpus_per_trial)
        except TrainingError as error:  # the images, say
            raise UserError(str(error)) from error
    if arguments.json:
        print_json(event="check", **report.document())
    else:
        report.print(reporter.console)
    return DONE


def _plan(arguments: argparse.Namespace, overrides: Sequence[str]) -> Plan:
    path = find_space(arguments.space)
    words = vocabulary(plan_plugins(path, overrides=overrides))
    return load_plan(path, overrides=overrides, vocabulary=words)


def _change(arguments: argparse.Namespace) -> Change:
    horizon = [] if arguments.epochs is None else [f"budget.epochs={arguments.epochs}"]
    return Change(arguments.space, [*arguments.set, *horizon])


def _launch(
    arguments: argparse.Namespace,
    reporter: Reporter,
    act: Callable[[Listener], launch.Outcome],
) -> int:
    held = ""

    def listen(snapshot: Snapshot) -> None:
        nonlocal held
        if bool(snapshot.held) != bool(held):
            reporter.say(snapshot.held or "there is room for checkpoints again: new trials begin")
        held = snapshot.held
        reporter.show(snapshot)

    try:
        with reporter.showing(), watched(reporter.headway):
            outcome = act(listen)
    except (launch.RunExists, RunIsHeld, CannotRecall, TrainingError, FileNotFoundError) as error:
        raise UserError(str(error)) from error
    run = open_run(outcome.root, storage=arguments.storage)
    if arguments.json:
        print_json(event="end", **summary_document(run, outcome.reason, outcome.snapshot.elapsed))
    else:
        print_summary(reporter.console, run, outcome.reason, outcome.snapshot.elapsed)
    return FAILED if outcome.interrupted or outcome.failed or run.best() is None else DONE


def _reporter(arguments: argparse.Namespace, name: str, plan: Plan) -> Reporter:
    return Reporter(name, plan.objective.metric, as_json=arguments.json)


def _options(arguments: argparse.Namespace, reporter: Reporter) -> launch.Options:
    return launch.Options(
        concurrency=arguments.concurrency,
        gpus_per_trial=arguments.gpus_per_trial,
        storage=arguments.storage,
        warm_start=getattr(arguments, "warm_start", ()),
        address=arguments.address,
        say=reporter.say,
    )


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        raise UserError(f"--time-budget: {error}") from error

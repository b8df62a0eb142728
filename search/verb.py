"""What all verbs share: exit codes, one sentence for an error, the arguments that several have."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from search.cluster.errors import ClusterError
from search.console import print_json
from search.plan.mistake import PlanError
from search.runs.errors import PlaceError, StudyError

DONE, FAILED, BAD_USAGE = 0, 1, 2


class UserError(Exception):
    """Something that the user can mend; the message is one sentence that says where and how."""


@dataclass(frozen=True)
class Verb:
    """A command: its arguments, and what it does with them; the result is the exit code."""

    parser: argparse.ArgumentParser
    run: Callable[[argparse.Namespace], int]


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="print JSON lines for machines")


def add_plugins(parser: argparse.ArgumentParser) -> None:
    """Add ``--plugins``."""
    parser.add_argument(
        "--plugins", action="store_true", help="run the Python files that the model names: where you trust it"
    )


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Add what a call may set beside the plan."""
    parser.add_argument("--concurrency", metavar="N", type=positive, help="the most trials at once")
    parser.add_argument(
        "--gpus-per-trial", metavar="F", type=share, help="a share of a GPU (0.5) or whole GPUs (2)"
    )
    parser.add_argument(
        "--storage",
        metavar="URL",
        help="an Optuna storage instead of the run's own journal (or in the environment: WINNOW_STORAGE)",
    )


def add_storage(parser: argparse.ArgumentParser) -> None:
    """Add ``--storage`` of a run that there is."""
    parser.add_argument("--storage", metavar="URL", help="the Optuna storage of its study, with the password")


def add_temperature(parser: argparse.ArgumentParser) -> None:
    """Add ``--temperature``."""
    parser.add_argument(
        "--temperature",
        metavar="T",
        type=temperature,
        default=1.0,
        help="of the probabilities, as search.evaluate finds it (1)",
    )


def positive(text: str) -> int:
    """Read a whole number of at least 1."""
    if not text.lstrip("+").isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number of at least 1 is expected, but got {text!r}")
    return int(text)


def temperature(text: str) -> float:
    """Read a temperature."""
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not 0 < found < math.inf:
        raise argparse.ArgumentTypeError(f"a number above 0 is expected, but got {text!r}")
    return found


def share(text: str) -> float:
    """Read a number of GPUs."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1024 or (number > 1 and number != int(number)):
        raise argparse.ArgumentTypeError(
            f"0, a share of a GPU below 1, or whole GPUs are expected, but got {text!r}"
        )
    return number


def main_of(verb: Verb, argv: Sequence[str] | None) -> int:
    """Parse and run; turn what a user can mend into one sentence and an exit code."""
    arguments = verb.parser.parse_args(argv)
    try:
        return verb.run(arguments)
    except PlanError as error:
        _complain(arguments, [str(mistake) for mistake in error.mistakes])
        return BAD_USAGE
    except (UserError, PlaceError, StudyError, ClusterError) as error:
        _complain(arguments, [str(error)])
        return BAD_USAGE
    except BrokenPipeError:
        os.close(sys.stdout.fileno())
        return FAILED
    except OSError as error:
        _complain(arguments, [_os_error(error)])
        return FAILED
    except KeyboardInterrupt:
        _complain(arguments, ["interrupted"])
        return FAILED


def _complain(arguments: argparse.Namespace, sentences: list[str]) -> None:
    if getattr(arguments, "json", False):
        print_json(event="error", mistakes=sentences)
    else:
        for sentence in sentences:
            print(sentence, file=sys.stderr)


def _os_error(error: OSError) -> str:
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}"

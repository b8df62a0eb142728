"""`python -m search.note`: keep a note on a trial, or give it a tag."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from search.asking import Answered, ask
from search.console import Reporter
from search.destination import add_cluster, ask_there
from search.opening import driven_here, own_run
from search.plan.place import place
from search.relaying import relay_run
from search.runs.lease import RunIsHeld
from search.runs.requests import BadRequest, Kind, remark, who
from search.runs.run import Run
from search.tuning.remarks import write_remarks
from search.verb import UserError, Verb, add_json, add_storage, main_of

EXAMPLE = """\
example:
  python -m search.note runs/digits 7 "its loss rises after epoch 20"
  python -m search.note runs/digits 7 keep --tag
  python -m search.note runs/digits 7 keep --tag --remove
  python -m search.note digits 7 keep --tag --cluster cluster.yaml
"""


def parser() -> argparse.ArgumentParser:
    """Return the arguments of this verb."""
    made = argparse.ArgumentParser(
        prog="python -m search.note",
        description="Keep a note on a trial, or give it a tag; of a search that runs as of one that ended.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "run", type=place, metavar="RUN", help="the folder of the run, or s3://bucket/prefix/run"
    )
    made.add_argument("trial", type=int, metavar="TRIAL", help="its number")
    made.add_argument("texts", nargs="+", metavar="TEXT", help="of the note, or the tags")
    made.add_argument("--tag", action="store_true", help="each TEXT is a tag")
    made.add_argument("--remove", action="store_true", help="take the tags away")
    add_storage(made)
    add_cluster(made)
    add_json(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    if arguments.remove and not arguments.tag:
        raise UserError("--remove: only a tag is taken away; add --tag")
    if arguments.cluster is not None:
        return relay_run("search.note", arguments, _words(arguments))
    ask_there(arguments, "note", _words(arguments))
    found = driven_here(arguments.run, arguments.storage)
    try:
        texts = [remark({"text": text}) for text in arguments.texts]
        found.trial(arguments.trial)
    except BadRequest as error:
        raise UserError(str(error)) from error
    except KeyError as error:
        raise UserError(str(error.args[0])) from error
    texts = texts if arguments.tag else [" ".join(texts)]
    answered = _ask(found, arguments, texts) if found.driver is not None else _write(arguments, texts)
    return answered.tell("note", as_json=arguments.json)


def _words(arguments: argparse.Namespace) -> list[str]:
    """Return this verb's own arguments, so that a text may begin with a dash."""
    tag = ["--tag"] if arguments.tag else []
    remove = ["--remove"] if arguments.remove else []
    dash = ["--"] if any(text.startswith("-") for text in arguments.texts) else []
    return [*tag, *remove, *dash, str(arguments.trial), *arguments.texts]


def _ask(found: Run, arguments: argparse.Namespace, texts: Sequence[str]) -> Answered:
    more = {"remove": arguments.remove} if arguments.tag else {}
    kind: Kind = "tag" if arguments.tag else "note"
    answers = [ask(found.layout, kind, trial=arguments.trial, text=text, **more) for text in texts]
    return next((answer for answer in answers if not answer.applied), answers[-1])


def _write(arguments: argparse.Namespace, texts: Sequence[str]) -> Answered:
    """Write it into the study of a run that nobody drives; that of a bucket is published."""
    say = Reporter("", "", as_json=arguments.json).say
    found = own_run(arguments.run, arguments.storage, say=say)
    said = texts if arguments.tag else [f"{who()}: {text}" for text in texts]
    options = {"tag": arguments.tag, "remove": arguments.remove, "storage": arguments.storage}
    try:
        write_remarks(found.layout, found.plan, arguments.trial, said, say=say, **options)
    except RunIsHeld as error:
        raise UserError(str(error)) from error
    return Answered(True, f"kept at trial {arguments.trial}")


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())

"""The installed command `winnow <verb>`: the same verbs as `python -m search.<verb>`."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import search

VERBS = {
    "check": "look for the mistakes of a cluster file before a machine costs money",
    "run": "run a new search",
    "resume": "go on with a run, or extend it",
    "status": "say where a run stands",
    "stop": "stop a run, or one of its trials",
    "follow": "watch a search that runs on a cluster",
    "fetch": "bring a run home from a cluster",
    "confirm": "train the best trials again with fresh seeds, and look at the test images once",
    "ensemble": "choose which completed trials are best together",
    "export": "write the winner, or any trial, as a folder of files to take away",
    "predict": "classify images with an exported model, and explain it",
    "evaluate": "judge an exported model on a folder of images",
    "serve": "answer requests with an exported model",
    "enqueue": "let a run try a configuration next",
    "importance": "say which settings of a run matter",
    "note": "keep a note on a trial, or give it a tag",
    "vocabulary": "list the words that a space may use",
}


def usage() -> str:
    """Return the list of verbs."""
    lines = [f"  {verb:10} {meaning}" for verb, meaning in VERBS.items()]
    return "\n".join(
        [
            f"Winnow {search.__version__}: find the best image classifier for a data set.",
            "",
            "usage: winnow <verb> [arguments]",
            "",
            *lines,
            "",
            "example: winnow run --space digits.yaml",
            "`winnow <verb> --help` says more.",
        ]
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Hand over to a verb."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in ("-h", "--help"):
        print(usage())
        return 0 if words else 2
    if words[0] == "--version":
        print(search.__version__)
        return 0
    if words[0] not in VERBS:
        print(f"winnow: no verb is called {words[0]!r}; known are {', '.join(VERBS)}", file=sys.stderr)
        return 2
    # Late: only the chosen verb is imported.
    verb = importlib.import_module(f"search.{words[0]}")
    code: int = verb.main(words[1:])
    return code


if __name__ == "__main__":
    sys.exit(main())

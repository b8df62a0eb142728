"""A command of ours as a person types it: what is printed to be copied into a shell."""

from __future__ import annotations

import shlex


def command(verb: str, *words: object) -> str:
    """Return the command line of a verb; words with spaces, or with what a shell takes for its own, are quoted.

    Args:
        verb: such as `resume`.
        words: its arguments.
    """
    return shlex.join(["python", "-m", f"search.{verb}", *map(str, words)])

"""What a verb takes that works on this machine's disk alone: of a run in a bucket it says how it comes here."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from search.plan.command import command
from search.plan.place import in_bucket

BUNDLE = re.compile(r"(s3://[^/]+/.+)(/winner/(?:trial-\d+|ensemble)(?:/.*)?)")
"""The address of a bundle, or of something in it: that of its run, and where it is in the run."""


def folder_here(text: str) -> Path:
    """Read the folder of a run, or of something in it.

    Raises:
        ArgumentTypeError: it lies in a bucket; the message says how it comes here.
    """
    return _here(text)


def folder_with_weights(text: str) -> Path:
    """Read the folder of a run of which the weights are needed.

    Raises:
        ArgumentTypeError: it lies in a bucket; the message says how it comes here.
    """
    return _here(text, "--weights")


def _here(text: str, *options: str) -> Path:
    if in_bucket(text):
        raise argparse.ArgumentTypeError(how_here(text, *options))
    return Path(text)


def how_here(address: str, *options: str) -> str:
    """Return how what is in a bucket comes to this machine's disk, in a sentence.

    Args:
        address: of a run, or of a bundle in it.
        options: of `search.fetch`.
    """
    address = address.rstrip("/")
    found = BUNDLE.fullmatch(address)
    run, inside = found.groups() if found else (address, "")
    return (
        f"a folder of this machine is expected, but {address} is in a bucket: `{command('fetch', run, *options)}` "
        f"brings it to runs/{run.rpartition('/')[2]}{inside}"
    )

"""What a test does with each command of the pages: run it, run it with the slow ones, or read it only, and why.

A command that no row speaks of is run. A program that is not ours must stand in `FOREIGN`.
"""

from __future__ import annotations

import re

ELSEWHERE = {
    r"s3://": "a bucket: tests/cli/test_bucket_verbs.py",
    r"postgresql://": "a database: tests/faults/test_postgres.py",
    r"--cluster|--fill|search\.(follow|fetch)\b": "a cluster: tests/cluster",
    r"/mnt/nfs": "another machine's folder",
    r"transfer\.yaml": "published weights, which come by the network: tests/training/transfer",
    r"animals|new\.jpg": "the images of docs/tutorial.md: test_tutorial.py runs its commands in their order",
    r"--host": "a door to the network: tests/serving/test_serve.py, tests/dashboard/test_server.py",
}
"""Commands that are read by their parser and not run here: what they contain, what they need and who runs them."""

SLOW = {
    r"search\.run\b(?!.*--check)": "starts Ray and trains",
    r"search\.(resume|confirm)\b": "starts Ray and trains",
    r"search\.export [^-]": "writes formats and loads each in a new process; the project's bundle is made by one",
}
"""Commands that are run with the slow tests, and why."""

LIVING = {
    r"search\.stop\b": "asks a search that goes on",
    r"search\.serve\b": "serves until it is interrupted",
    r"(-m )?dashboard\b": "serves until it is interrupted",
}
"""Commands that have a slow test of their own in `test_living.py`, and why."""

FOREIGN = {
    "python -m pip": "a network: .ci/run, tests/cli/test_wheel.py",
    "pip": "a network: .ci/run, tests/cli/test_wheel.py",
    "uv": "a network",
    "python -m venv": ".ci/run makes one",
    "python -m pytest": "the tests themselves",
    "python -m nox": "a network, and the tests themselves",
    "python -m build": "a network: tests/cli/test_wheel.py builds the wheel",
    "python -m mutmut": "hours",
    "mutmut": "hours",
    "nox": "a network, and the tests themselves",
    "twine": "a package registry",
    "pre-commit": "installs itself into the clone",
    "git": "a clone, and the place that it came from",
    "source": "the shell's own",
    "export": "the shell's own",
    "cd": "the shell's own",
    "curl": "a server: test_living.py asks one",
    "ssh": "another machine: tests/cluster",
    "ray": "machines: tests/cluster/test_launching.py launches some",
    "aws": "an account of AWS",
    "sudo": "root of another machine",
    "tensorboard": "serves until it is interrupted: tests/runs/logs compares what it reads",
    "optuna-dashboard": "serves until it is interrupted",
    "docker": "a registry",
}
"""Programs of others that are not run, and why. `make` and `python -m benchmarks` are looked up, `cp` is tried."""


def why(table: dict[str, str], text: str) -> str | None:
    """Return what a table of patterns says of a command; None where it says nothing."""
    return next((reason for pattern, reason in table.items() if re.search(pattern, text)), None)


def foreign(text: str) -> str | None:
    """Return why another's program is not run; None where nothing is said of it."""
    return next((reason for program, reason in FOREIGN.items() if f"{text} ".startswith(f"{program} ")), None)

"""``python -m nox`` runs what CI runs, each session in a new environment: ``nox -s oldest`` runs one of them.

CI itself calls ``.ci/run``, which needs no nox. uv makes the environments where it is installed: it is quicker, and the
session ``oldest`` needs it.
"""

from __future__ import annotations

import nox

nox.needs_version = ">=2025.5"
nox.options.default_venv_backend = "uv|venv"
nox.options.sessions = ["check"]

REPRESENTATIVE = ("tests/plan", "tests/runs", "tests/training", "tests/dashboard", "tests/winner")
"""Tests that touch each dependency of the base package, and need neither Ray nor a browser for long."""


@nox.session
def check(session: nox.Session) -> None:
    """Lint, types, layers, style and tests, with the versions that CI has tested."""
    session.install("-c", "constraints.txt", "-e", ".[test]")
    session.run("make", "check", external=True)


@nox.session(venv_backend="uv")
def oldest(session: nox.Session) -> None:
    """Every dependency at the lower bound that pyproject.toml names."""
    session.install("--resolution", "lowest-direct", "-e", ".[test]")
    _try_out(session)


@nox.session
def newest(session: nox.Session) -> None:
    """Every dependency as new as a user would get it today."""
    session.install("-e", ".[test]")
    _try_out(session)


@nox.session
def docs(session: nox.Session) -> None:
    """The handbook; a warning is an error."""
    session.install("-c", "constraints.txt", "-e", ".[docs]")
    session.run("make", "docs", external=True)


@nox.session
def build(session: nox.Session) -> None:
    """Wheel and sdist, and the wheel in an empty folder (docs/releasing.md)."""
    session.install("-c", "constraints.txt", "-e", ".[test]", "build")
    session.run("python", "-m", "pytest", "-m", "", "tests/cli/test_wheel.py")
    session.run("python", "-m", "build", "--outdir", "dist")


def _try_out(session: nox.Session) -> None:
    """Run a representative part of the tests, and one real search."""
    # Warnings are no failures here: the oldest versions warn of each other, and CI has seen to our own.
    words = ("-q", "-o", "filterwarnings=default", *(session.posargs or REPRESENTATIVE))
    session.run("python", "-m", "pytest", *words, env={"OMP_NUM_THREADS": "1"})
    runs = session.create_tmp()
    session.run(
        "python", "-m", "search.run", "--space", "digits.yaml", "--trials", "4", "--local", "--runs-dir", runs
    )

"""A cluster with other versions is refused before anything starts, in one sentence."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib.metadata import version

import pytest

import search
from search.cluster.errors import ClusterError
from search.cluster.remote import About
from search.cluster.versions import check_versions

SAME = About(
    home="/home/me",
    python="/home/me/venv/bin/python",
    minor="{}.{}".format(*sys.version_info[:2]),
    winnow=search.__version__,
    ray=version("ray"),
    jobs=True,
    session="/tmp/ray/session_1",
)


def test_the_same_versions_are_taken() -> None:
    assert check_versions(SAME, "me@head") is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"winnow": "0.0.1"}, f"Winnow 0.0.1 is installed there, but Winnow {search.__version__} on this"),
        ({"winnow": None}, r"Winnow is not installed there \(by /home/me/venv/bin/python\)"),
        ({"ray": "2.9.0"}, f"Ray 2.9.0 is installed there, but Ray {version('ray')} on this machine"),
        ({"jobs": False}, "install 'winnow-search\\[cluster\\]'"),
    ],
)
def test_another_version_is_refused_with_what_is_where(change: dict[str, object], said: str) -> None:
    with pytest.raises(ClusterError, match=said) as error:
        check_versions(replace(SAME, **change), "me@head")  # type: ignore[arg-type]
    assert str(error.value).startswith("me@head: ")


def test_another_python_is_told_of_and_taken_since_nothing_is_pickled_between_the_machines() -> None:
    said = check_versions(replace(SAME, minor="3.99"), "me@head")
    assert said is not None
    assert said.startswith("The cluster has Python 3.99")

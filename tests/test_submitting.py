"""What would end a command in a sentence does so before its search is begun on the cluster, where it costs money."""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from search import confirm, resume, run, submitting
from search.cluster.choose import Cluster
from search.cluster.config import ClusterFile
from search.cluster.link import Link
from search.cluster.remote import About
from search.cluster.ssh import Login
from search.cluster.taken import LIST
from search.console import Reporter
from search.job_display import Followed
from search.plan.load import load_plan
from search.runs.errors import StudyError
from search.verb import UserError
from tests.buckets import buckets

CLUSTER = Cluster(ClusterFile(Path("cluster.yaml"), "mine", {"type": "local"}, {}), Login("head", "me"))


class Head:
    """A head whose Python runs here; what is begun there is noted, and comes home to ``into``."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.begun: list[str] = []
        self.into: list[Path | None] = []

    def run(self, words: Sequence[str], **_: Any) -> bytes:
        """Do what a link does."""
        python = [sys.executable, *words[words.index("winnow") + 1 :]] if "winnow" in words else [*words]
        return subprocess.run(python, check=True, capture_output=True).stdout


@pytest.fixture
def head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Head:
    """The head of a cluster that is up."""
    made = Head(tmp_path / "head")
    (tmp_path / "laptop").mkdir()
    monkeypatch.chdir(tmp_path / "laptop")

    @contextlib.contextmanager
    def entered(cluster: Cluster, arguments: argparse.Namespace) -> Iterator[Any]:
        found = About(str(made.home), "python", "3.12", "1", "1", True, "/tmp/ray/session")
        yield submitting._Head(cluster, arguments, cast(Link, made), found, Reporter("", "", as_json=True))

    def begin(head: Any, words: Sequence[str], *, run: str, project: Any) -> Followed:
        made.begun.append(run)
        return Followed(head.cluster, "job", run, head.about.session)

    def follow(followed: Followed, arguments: argparse.Namespace, *, fetch_into: Path | None) -> int:
        made.into.append(fetch_into)
        return 0

    monkeypatch.setattr(submitting, "_head", entered)
    monkeypatch.setattr(submitting, "_begin", begin)
    monkeypatch.setattr(submitting, "follow", follow)
    return made


def new(*words: str) -> int:
    """Begin a new search on the cluster."""
    arguments = run.parser().parse_args(["--space", "digits", "--json", *words])
    return submitting.run_on(CLUSTER, arguments, [])


def make(run: Path, *, copy: bool = False) -> None:
    run.mkdir(parents=True)
    if copy:
        origin = {"run": "/r", "machine": "me@head", "cluster": "c", "at": 1.0, "driver": None}
        (run / "fetched.json").write_text(json.dumps(origin), encoding="utf-8")


@pytest.mark.parametrize("copy", [False, True])
def test_a_name_that_is_taken_here_is_refused_before_the_search_is_begun(head: Head, *, copy: bool) -> None:
    make(Path("runs/mine"), copy=copy)
    with pytest.raises(UserError, match=r"runs/mine: .* give another --name, or --no-fetch"):
        new("--name", "mine")
    assert not head.begun
    new("--name", "mine", "--no-fetch")
    assert head.begun == [f"{head.home}/winnow/runs/mine"]
    assert head.into == [None]


def test_a_name_of_its_own_is_free_here_and_there(head: Head) -> None:
    make(Path("runs/digits"))
    make(head.home / "winnow/runs/digits-2")
    new()
    new("--no-fetch")
    assert [Path(one).name for one in head.begun] == ["digits-3", "digits"]
    assert head.into == [Path("runs/digits-3"), None]


def test_a_run_that_goes_on_there_is_refused_first_where_another_is_in_its_place_here(head: Head) -> None:
    make(Path("runs/mine"))
    make(Path("runs/copy"), copy=True)
    with pytest.raises(UserError, match="runs/mine: a run of this machine has that name"):
        submitting.resume_on(CLUSTER, resume.parser().parse_args(["mine"]))
    with pytest.raises(UserError, match="runs/mine: a run of this machine has that name"):
        submitting.confirm_on(CLUSTER, confirm.parser().parse_args(["mine"]))
    assert not head.begun
    submitting.resume_on(CLUSTER, resume.parser().parse_args(["copy"]))
    assert head.into == [Path("runs/copy")]


def test_a_password_is_refused_before_anybody_is_asked() -> None:
    words = ["--storage", "postgresql://u:PW@db/optuna", "--json"]
    with pytest.raises(StudyError, match="WINNOW_STORAGE"):
        new(*words)
    with pytest.raises(StudyError, match="WINNOW_STORAGE"):
        submitting.resume_on(CLUSTER, resume.parser().parse_args(["mine", *words]))
    with pytest.raises(StudyError, match="WINNOW_STORAGE"):
        submitting.confirm_on(CLUSTER, confirm.parser().parse_args(["mine", *words]))


def test_names_that_are_taken_in_a_bucket_are_listed_on_the_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from search.runs.local_copy import local_runs  # noqa: PLC0415 (with its own cache)
    from search.training.bucket import Bucket  # noqa: PLC0415

    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path / "cache"))
    (local_runs("s3://runs/team") / "digits-2").mkdir(parents=True)
    with buckets(monkeypatch):
        Bucket("s3://runs/team").write("digits/plan.yaml", b"name: digits\n")
        said = subprocess.run(
            [sys.executable, "-c", LIST, "s3://runs/team"], check=True, capture_output=True
        ).stdout
    assert json.loads(said) == ["digits", "digits-2"]


def test_a_table_of_labels_is_found_on_the_cluster_in_the_folder_of_the_images(tmp_path: Path) -> None:
    """The space names it from its own folder, which is another one there."""
    space = tmp_path / "mine.yaml"
    space.write_text(
        "data: {name: image_csv, file: s3://bucket/set/labels.csv}\nspace: {architecture: cnn}\n"
    )
    here = load_plan(space)
    head = cast(Any, SimpleNamespace(arguments=SimpleNamespace(data_dir=None)))
    words = submitting._data(head, here)
    there = load_plan(space, overrides=words[1::2])
    assert (
        (there.data.dir, there.data.file)
        == (here.data.dir, here.data.file)
        == ("s3://bucket/set", "labels.csv")
    )

"""What a job says on a cluster is shown here as it would be shown there."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from search.cluster.choose import Cluster
from search.cluster.config import ClusterFile
from search.cluster.ssh import Login
from search.console import Reporter
from search.display import Display
from search.job_display import Followed, Told, _say_how_to_come_back
from search.runs.lease import Origin

SHOWN = Display(
    "run", 3, 12, "3 of 12 trials, 0:01:00", (("trials", "running 2"),), "lr=0.1", "60 s  3 of 12"
)

LINES = (
    "2026-11-22 00:47:50,734\tINFO job_manager.py:581 -- Runtime env is setting up.",
    "Running entrypoint for job winnow-a: python -m search.run",
    json.dumps({"event": "message", "text": "2 nodes"}),
    "a warning of a library",
    json.dumps({"event": "progress", "display": SHOWN.to_json()}),
    json.dumps({"event": "progress", "display": {"of": "another version"}}),
    json.dumps({"event": "progress"}),
    "[1, 2]",
    json.dumps({"event": "end", "reason": "all 3 trials are done"}),
)


def reporter(*, as_json: bool) -> Reporter:
    """Return one whose console writes where a test can read it."""
    made = Reporter("", "", as_json=as_json)
    made.console = Console(file=io.StringIO(), width=80, highlight=False)
    return made


def test_messages_and_what_libraries_say_are_printed_and_what_ray_itself_says_is_not() -> None:
    shows = reporter(as_json=False)
    told = Told(shows)
    for line in LINES:
        told.hear(line)
    assert isinstance(shows.console.file, io.StringIO)
    assert shows.console.file.getvalue().splitlines() == [
        "2 nodes",
        "a warning of a library",
        "60 s  3 of 12",
        "[1, 2]",
    ]
    assert told.end == {"event": "end", "reason": "all 3 trials are done"}
    assert not told.failed


def test_mistakes_of_the_job_are_printed_and_remembered() -> None:
    shows = reporter(as_json=False)
    told = Told(shows)
    told.hear(json.dumps({"event": "error", "mistakes": ["space.yaml:3: no", "and no"]}))
    assert isinstance(shows.console.file, io.StringIO)
    assert shows.console.file.getvalue() == "space.yaml:3: no\nand no\n"
    assert told.failed


def test_machines_get_the_events_as_they_are_and_everything_else_as_messages(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = Told(reporter(as_json=True))
    for line in LINES:
        told.hear(line)
    printed = capsys.readouterr().out.splitlines()
    assert [line for line in LINES if line in printed] == [line for line in LINES if line.startswith("{")]
    assert all(isinstance(json.loads(line), dict) for line in printed)
    assert len(printed) == len(LINES)


@pytest.mark.parametrize(
    ("run", "user", "named"),
    [
        ("/home/ubuntu/winnow/runs/digits", "ubuntu", "digits"),
        ("/root/winnow/runs/digits", "root", "digits"),
        ("/root/winnow/runs/digits", "ubuntu", "/root/winnow/runs/digits"),
        ("/nfs/runs/digits", "ubuntu", "/nfs/runs/digits"),
        ("s3://team/runs/digits", "ubuntu", "s3://team/runs/digits"),
    ],
)
def test_what_is_to_be_typed_leads_to_the_run_wherever_it_lies(run: str, user: str, named: str) -> None:
    file = ClusterFile(Path("my cluster.yaml"), "mine", {}, {})
    said: list[str] = []
    followed = Followed(Cluster(file, Login("head", user)), "job", run, "/tmp/ray/session")
    _say_how_to_come_back(followed, said.append)
    assert said[1:] == [
        f"  come back   python -m search.follow {named} --cluster 'my cluster.yaml'",
        f"  stop it     python -m search.stop {named} --cluster 'my cluster.yaml'",
    ]
    origin = Origin(run, f"{user}@head", "my cluster.yaml", 0.0, None)
    assert origin.known_as == (named, "--cluster", "my cluster.yaml")

"""A copy of a run says where the run itself is and how old the copy is, and sends nobody to what is not here."""

from __future__ import annotations

import re
import shlex
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboard.asking import out_of_reach
from dashboard.prepare.rows import columns, row
from dashboard.prepare.states import run_state
from dashboard.shelf import Opened
from search import enqueue, note
from search.runs.layout import RunLayout
from search.runs.lease import FRESH, Holder, Origin, write_origin
from search.runs.reader import open_run
from tests.dashboard.conftest import make_plan
from tests.dashboard.visits import said, visited

DRIVER = Holder("head", 7, 1.0, 2.0)
THERE = "--cluster /my/cluster.yaml"


def copied(layout: RunLayout, *, age: float, cluster: str = "/my/cluster.yaml") -> RunLayout:
    """Let a run be a copy of one on a cluster, or in a bucket, that was driven when it was brought home."""
    run = f"/home/me/winnow/runs/{layout.root.name}" if cluster else f"s3://team/{layout.root.name}"
    machine = "me@head" if cluster else "the bucket"
    write_origin(layout, Origin(run, machine, cluster, time.time() - age, DRIVER))
    return layout


@pytest.fixture
def begun(arguments: Path) -> RunLayout:
    """A run of which no trial has begun."""
    return make_plan(arguments, "begun")


def test_the_list_says_of_a_copy_where_it_comes_from_and_when(arguments: Path, begun: RunLayout) -> None:
    copied(RunLayout(arguments / "small"), age=120.0)
    copied(begun, age=7200.0, cluster="")
    table = visited("runs").dataframe[0].value.set_index("run")
    assert list(table["source"]) == ["me@head", "s3://team/begun"]
    assert list(table["state"]) == ["finished", "unfinished"]
    ages = [(datetime.now(UTC) - at).total_seconds() for at in table["fetched"]]
    assert [round(age / 60) for age in ages] == [2, 120]


def test_where_there_are_no_copies_no_column_speaks_of_them(runs: Path) -> None:
    made = row("small", Opened(open_run(runs / "small"), ""), driven=False)
    assert "fetched" not in columns([made])
    assert columns([made])["source"] == ["Winnow"]


def test_a_copy_of_a_search_that_was_not_seen_lately_says_what_brings_it_up_to_date(begun: RunLayout) -> None:
    copied(begun, age=FRESH + 120)
    text = said(visited("overview", run="begun"))
    assert "A copy of /home/me/winnow/runs/begun on me@head, brought home 3 min ago." in text
    folder = begun.root.parent
    assert f"python -m search.fetch begun {THERE} --runs-dir {folder} --watch" in text
    assert f"This goes to the run itself: python -m search.resume begun {THERE}" in text
    assert f"search.resume {begun.root}" not in text, "a copy does not go on here"


def test_a_copy_that_is_being_brought_home_is_steered_from_here(begun: RunLayout) -> None:
    """What is asked in it is handed over to the driver; a bucket's driver is asked on its own machine."""
    copied(begun, age=3.0)
    app = visited("overview", run="begun")
    assert "search.fetch" not in said(app)
    assert out_of_reach(begun, "resume") == ""
    copied(begun, age=3.0, cluster="")
    assert "python -m search.resume s3://team/begun" in out_of_reach(begun, "resume")


def test_the_winner_of_a_copy_is_confirmed_where_the_run_is(arguments: Path) -> None:
    layout = copied(RunLayout(arguments / "small"), age=600.0)
    app = visited("winner", run="small")
    assert f"python -m search.confirm small {THERE}" in said(app)
    assert not [one for one in app.button if one.label == "Confirm the winner"]
    (layout.trial(2).attempt(1).checkpoint(3)).unlink()
    assert "--weights" in said(visited("winner", run="small"))


def test_what_a_trials_page_says_of_a_copy_can_be_typed_whole(arguments: Path) -> None:
    copied(RunLayout(arguments / "small"), age=600.0)
    text = said(visited("trial", run="small", trial="2"))
    (asked,) = re.findall(r"python -m search\.enqueue (.*)", text)
    known = enqueue.parser().parse_args(shlex.split(asked))
    assert (str(known.run), str(known.cluster), known.origin) == ("small", "/my/cluster.yaml", 2)
    (noted,) = re.findall(r"python -m search\.note (.*)", text)
    told = note.parser().parse_args(shlex.split(noted))
    assert (str(told.run), told.trial, told.texts) == ("small", 2, ["TEXT"])


@pytest.mark.parametrize(("copy", "state"), [(True, "unfinished"), (False, "interrupted")])
def test_a_copy_is_not_called_interrupted(begun: RunLayout, copy: bool, state: str) -> None:
    if copy:
        copied(begun, age=FRESH + 1)
    assert run_state(open_run(begun.root), driven=False) == state

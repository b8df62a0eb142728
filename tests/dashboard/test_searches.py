"""Searches that the dashboard begins: they are processes of their own, and what is known of them is told."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from dashboard import searches
from dashboard.jobs import environment
from dashboard.searches import (
    Begun,
    CannotBegin,
    begin,
    begun,
    free_name,
    keep_for_check,
    last_begun,
    resume,
    tail,
)
from search.runs.layout import write_json
from search.tuning.new_run import RunExists, new_run
from tests.dashboard.conftest import make_plan
from tests.waiting import wait_until


def ended(one: Begun) -> Begun:
    wait_until(lambda: not one.alive and one.returncode is not None)
    return one


def test_what_cannot_begin_is_told_by_what_it_said_and_by_whom_and_how_it_was_begun(tmp_path: Path) -> None:
    one = ended(begin(tmp_path / "runs", "odd", "name: odd\n", ["--concurrency", "2"]))
    assert one.returncode == 2
    assert "data" in one.said
    assert [found.id for found in begun(tmp_path / "runs")] == [one.id]
    assert last_begun(tmp_path / "runs" / "odd") == one
    assert last_begun(tmp_path / "runs" / "other") is None
    assert stat.S_IMODE(one.folder.stat().st_mode) == 0o700, "a space may name paths of its owner's"
    about = json.loads((one.folder / searches.ABOUT).read_text(encoding="utf-8"))
    assert about["words"][:2] == ["search.run", "--space"]
    assert about["words"][-2:] == ["--concurrency", "2"]
    assert about["by"]
    assert (one.folder / searches.SPACE).read_text(encoding="utf-8") == "name: odd\n"


def test_a_search_outlives_the_dashboard_that_began_it_and_the_next_one_sees_it_live(tmp_path: Path) -> None:
    """The dashboard is killed with all of its session, as by closing a terminal."""
    runs = tmp_path / "runs"
    # A verb that waits instead of training: what is begun is `python -m search.run`, found by its path.
    (tmp_path / "search").mkdir()
    (tmp_path / "search" / "run.py").write_text("import time\nprint('begun', flush=True)\ntime.sleep(600)\n")
    server = f"""
import time
from pathlib import Path
from dashboard import jobs, searches
home = {{**jobs.environment(), "PYTHONPATH": {str(tmp_path)!r}}}
searches.environment = lambda: home
searches.begin(Path({str(runs)!r}), "a", "name: a", [])
time.sleep(600)
"""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", server], env=environment(), start_new_session=True
    ) as process:
        wait_until(lambda: any(one.said for one in begun(runs)))
        (one,) = begun(runs)
        assert one.alive
        os.killpg(process.pid, signal.SIGKILL)
    assert one.alive
    assert one.returncode is None
    assert free_name(runs, "a") == "a-2", "its run will have that name"
    (found,) = [
        p for p in psutil.process_iter(["cmdline"]) if str(one.folder) in " ".join(p.info["cmdline"] or ())
    ]
    found.kill()
    wait_until(lambda: not one.alive)


def test_the_names_are_those_that_search_run_takes(runs: Path) -> None:
    make_plan(runs, "small-2")
    assert free_name(runs, "small") == "small-3"
    assert free_name(runs, "other") == "other"
    assert searches.why_no_name(runs, "small") == "Something of that name is there already."
    for name in ("", "..", "a/b", ".hidden", "x" * 101, "a b", "-a"):
        assert "A name has" in searches.why_no_name(runs, name)
        with pytest.raises(RunExists, match="a name of letters"):
            new_run(runs, name, "default")
    assert searches.why_no_name(runs, "_a.B-9") == ""
    assert new_run(runs, "_a.B-9", "default")[0].root == runs / "_a.B-9"


def test_where_a_file_stands_in_the_way_no_search_begins(runs: Path) -> None:
    (runs / ".winnow").write_text("in the way", encoding="utf-8")
    for act in (
        lambda: begin(runs, "a", "name: a", []),
        lambda: resume(runs / "small"),
        lambda: keep_for_check(runs, "name: a"),
    ):
        with pytest.raises(CannotBegin, match="no search can be begun here"):
            act()
    assert begun(runs) == []


def test_a_space_that_is_too_long_is_refused(runs: Path) -> None:
    with pytest.raises(CannotBegin, match="a space of at most 256 kB"):
        begin(runs, "a", "#" * (256 * 1024 + 1), [])


def test_foreign_files_among_the_searches_are_passed_over(runs: Path) -> None:
    folder = runs / ".winnow" / "searches"
    for name, document in {
        "list": [],
        "less": {"run": "a"},
        "odd": {"id": "x", "run": 3, "words": [], "by": "", "at": 0},
        "more": {"id": "x", "run": "a", "words": [], "by": "", "at": 0, "folder": "/etc", "else": 1},
    }.items():
        write_json(folder / name / searches.ABOUT, document)
    (folder / "file").write_text("x", encoding="utf-8")
    (folder / "link").symlink_to(runs)
    (folder / "torn").mkdir()
    (folder / "torn" / searches.ABOUT).write_text('{"run": ', encoding="utf-8")
    assert begun(runs) == []


def test_the_end_of_a_log_is_shown_and_no_link_is_followed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x" * 100_000 + b"\nthe end \xff\n")
    assert tail(log, 11) == "the end \ufffd"
    (tmp_path / "link").symlink_to(log)
    assert tail(tmp_path / "link") == ""
    assert tail(tmp_path / "nothing") == ""


def test_spaces_to_check_do_not_pile_up(runs: Path) -> None:
    paths = [keep_for_check(runs, f"name: a{number}") for number in range(searches.MOST_LISTED + 5)]
    assert paths[-1].read_text(encoding="utf-8") == f"name: a{searches.MOST_LISTED + 4}"
    assert len(list(paths[0].parent.iterdir())) == searches.MOST_LISTED
    assert keep_for_check(runs, "name: b") == keep_for_check(runs, "name: b")


def test_a_pipe_in_the_place_of_a_log_is_not_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / ".winnow" / "searches" / "a"
    folder.mkdir(parents=True)
    about = {"id": "a", "run": "one", "words": ["search.run"], "by": "ada", "at": 5.0}
    write_json(folder / "search.json", about)
    os.mkfifo(folder / "log")
    (found,) = begun(tmp_path)
    assert not found.alive
    assert found.said == ""


@pytest.mark.parametrize("wrong", [{"at": 1e300}, {"at": -1.0}, {"at": "now"}, {"by": 3}, {"run": None}])
def test_what_says_nonsense_of_itself_is_no_search(tmp_path: Path, wrong: dict[str, object]) -> None:
    about = {"id": "a", "run": "one", "words": ["search.run"], "by": "ada", "at": 5.0}
    write_json(tmp_path / ".winnow" / "searches" / "a" / "search.json", {**about, **wrong})
    assert begun(tmp_path) == []

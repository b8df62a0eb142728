"""What is said of a copy of a run can be typed as it stands."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from search.runs.copies import asked_there, fetch_command, verb_there
from search.runs.layout import RunLayout
from search.runs.lease import Holder, Origin, write_origin

ADDRESS = "s3://team/my runs/$(rm x)"


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        (Origin(ADDRESS, "the bucket", "", 0.0, None), [ADDRESS]),
        (
            Origin("/nfs/my runs/a", "me@head", "my file", 0.0, None),
            ["/nfs/my runs/a", "--cluster", "my file"],
        ),
    ],
)
def test_a_shell_reads_the_run_that_was_meant(tmp_path: Path, origin: Origin, words: list[str]) -> None:
    folder = tmp_path / "my copies"
    layout = RunLayout(folder / "a")
    layout.root.mkdir(parents=True)
    write_origin(layout, origin)
    said = verb_there(layout, "note", "7", "it's odd")
    assert shlex.split(said) == ["python", "-m", "search.note", *words, "7", "it's odd"]
    said = fetch_command(layout, "--weights")
    assert shlex.split(said)[2:] == ["search.fetch", *words, "--runs-dir", str(folder), "--weights"]


@pytest.mark.parametrize(
    ("origin", "elsewhere"),
    [
        (Origin(ADDRESS, "the bucket", "", 0.0, Holder("head", 7, 1.0, 2.0)), True),
        (Origin(ADDRESS, "the bucket", "", 0.0, None), False),
        (Origin("/nfs/a", "me@head", "my file", 0.0, Holder("head", 7, 1.0, 2.0)), False),
    ],
)
def test_the_driver_of_a_run_in_a_bucket_is_asked_where_it_is(
    tmp_path: Path, origin: Origin, elsewhere: bool
) -> None:
    layout = RunLayout(tmp_path)
    write_origin(layout, origin)
    for verb in ("stop", "note", "enqueue"):
        there = verb_there(layout, verb, "7")
        more = " (on the machine that drives it, head, or with --cluster FILE)"
        assert asked_there(layout, verb, "7") == there + (more if elsewhere else "")
    assert asked_there(layout, "status") == verb_there(layout, "status")

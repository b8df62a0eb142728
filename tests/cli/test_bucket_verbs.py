"""Verbs about a run in a bucket: they look at it, write into it and publish that, or say how it comes here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import search
from dashboard.prepare.requests import notes
from search import enqueue, ensemble, evaluate, export, importance, note, predict, run, serve, status
from search.runs import bucket_lease, requests
from search.runs.bucket_lease import BucketLease
from search.runs.layout import RunLayout
from search.runs.local_copy import bring, local_root
from search.training.bucket import Bucket
from search.winner.confirmation.document import read_confirmation
from tests.buckets import Buckets, buckets
from tests.cli.conftest import Finished
from tests.dashboard.conftest import make_run
from tests.faults.searches import done

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def server() -> Iterator[Buckets]:
    with pytest.MonkeyPatch.context() as patch, buckets(patch) as found:
        yield found


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let this process be another machine, with a cache of its own."""
    monkeypatch.setattr(bucket_lease, "SETTLE", 0.0)

    def enter(name: str) -> None:
        monkeypatch.setenv("WINNOW_CACHE", str(tmp_path / name))

    enter("laptop")
    return enter


@pytest.fixture
def address(
    server: Buckets, machine: Callable[[str], None], request: pytest.FixtureRequest, tmp_path: Path
) -> str:
    """A finished run that some machine has published."""
    bucket = Bucket(f"s3://runs/{request.node.name}/small")
    publish(make_run(tmp_path / "made").root, bucket)
    return bucket.address


def publish(root: Path, bucket: Bucket) -> None:
    """Let a bucket have a run as another machine would leave it."""
    for path in root.rglob("*"):
        if path.is_file() and not path.name.startswith("driver."):
            bucket.upload(path, path.relative_to(root).as_posix())


def test_a_note_on_a_published_run_is_published(
    address: str, machine: Callable[[str], None], capsys: Captured
) -> None:
    assert note.main([address, "2", "its", "loss rises", "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[-1] == {"event": "note", "applied": True, "message": "kept at trial 2"}
    machine("another")
    kept = notes(search.open_run(bring(address, say=print)).requests, 2)
    assert [one.text.partition(": ")[2] for one in kept] == ["its loss rises"]


def test_a_configuration_is_tried_by_whichever_machine_goes_on(
    address: str, machine: Callable[[str], None], capsys: Captured
) -> None:
    assert enqueue.main([address, "--from", "2", "--set", "optimizer=adam"]) == 0
    assert f"python -m search.resume {address}" in capsys.readouterr().out
    machine("another")
    (path,) = requests.pending(RunLayout(bring(address, say=print)))
    assert requests.read(path).arguments == {"point": {"optimizer": "adam", "learning_rate": 0.02}}


@pytest.mark.parametrize(("verb", "words"), [(note, ["2", "odd"]), (enqueue, ["--from", "2"])])
def test_a_run_that_another_machine_drives_is_not_written_into(
    address: str, verb: Any, words: Sequence[str], capsys: Captured
) -> None:
    held = BucketLease(Bucket(address), "theirs")
    held.claim()
    assert verb.main([address, *words]) == 2
    assert "is asked on that machine alone" in capsys.readouterr().err
    assert not local_root(address).exists()
    held.release()


def test_a_look_at_a_published_run_needs_no_fetch(address: str, capsys: Captured) -> None:
    assert status.main([address]) == 0
    assert "Ahead: trial 2," in capsys.readouterr().out
    assert importance.main([address, "--epoch", "1"]) == 2
    assert f"{address}: at least" in capsys.readouterr().err


def test_the_runs_of_a_bucket_are_listed(address: str, capsys: Captured) -> None:
    runs = address.rpartition("/")[0]
    Bucket(runs).write("logs/notes.txt", b"no run")
    assert status.main(["--runs-dir", runs, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["folder"] == runs
    assert [(one["name"], one["state"], one["done"]) for one in document["runs"]] == [
        ("small", "finished", 4)
    ]


RUN = "s3://team/runs/mine"
BUNDLE = f"{RUN}/winner/trial-7"


@pytest.mark.parametrize(
    ("verb", "words", "fetch", "then"),
    [
        (export, [RUN], f"{RUN} --weights", "runs/mine"),
        (ensemble, [f"{RUN}/"], f"{RUN} --weights", "runs/mine"),
        (export, ["s3://team/winner/run"], "s3://team/winner/run --weights", "runs/run"),
        (serve, ["s3://team/winner/a/winner/ensemble"], "s3://team/winner/a", "runs/a/winner/ensemble"),
        (export, ["s3://team/my runs/a;b"], "'s3://team/my runs/a;b' --weights", "runs/a;b"),
        (evaluate, [BUNDLE, "digits"], RUN, "runs/mine/winner/trial-7"),
        (serve, [BUNDLE], RUN, "runs/mine/winner/trial-7"),
        (run, ["--space", "digits", "--warm-start", RUN], RUN, "runs/mine"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, ModuleType) else "",
)
def test_what_works_on_a_disk_alone_says_how_the_run_comes_there(
    verb: Any, words: Sequence[str], fetch: str, then: str, capsys: Captured
) -> None:
    with pytest.raises(SystemExit) as end:
        verb.main(words)
    assert end.value.code == 2
    assert f"`python -m search.fetch {fetch}` brings it to {then}\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "fetch", "then"),
    [
        ([BUNDLE, "seven.png"], RUN, "runs/mine/winner/trial-7"),
        ([RUN, "seven.png", "--trial", "7"], f"{RUN} --weights", "runs/mine"),
    ],
)
def test_a_prediction_by_a_trial_needs_the_weights_of_the_run_and_one_by_a_bundle_does_not(
    words: Sequence[str], fetch: str, then: str, capsys: Captured
) -> None:
    assert predict.main(words) == 2
    assert f"`python -m search.fetch {fetch}` brings it to {then}\n" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_a_confirmation_finds_of_a_published_run_is_published(
    server: Buckets, machine: Callable[[str], None], finished: Finished, tmp_path: Path
) -> None:
    address = "s3://runs/confirmed/mine"
    publish(finished.root, Bucket(address))
    ended = done("confirm", address, "--top", "2", "--seeds", "2", "--json", folder=tmp_path)
    assert (ended.code, ended.err) == (0, "")
    machine("another")
    root = bring(address, say=print)
    found = read_confirmation(RunLayout(root).confirmation)
    said = dict(ended.events[-1])
    assert said.pop("event") == "confirmation"
    assert json.loads(json.dumps(found.to_json())) == said
    trained = search.open_run(RunLayout(root).confirming.root)
    assert {trial.status for trial in trained.trials} == {"completed"}
    assert search.open_run(root).driver is None

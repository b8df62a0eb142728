"""A published run is whole in the bucket at any time, whatever becomes of the bucket; one driver has it."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from search.runs import bucket_lease
from search.runs.bucket_lease import NAME, BucketLease, read_claim
from search.runs.layout import RunLayout
from search.runs.lease import Lease, RunIsHeld, holder
from search.runs.local_copy import FILE, bring, local_root, mirror, new_copy, published_at, read_copy
from search.runs.publish import Publisher, published, written
from search.runs.published_runs import published_runs
from search.runs.reader import open_run
from search.training.bucket import Bucket
from tests.buckets import Buckets, server
from tests.faults.whole import assert_whole
from tests.inprocess import Search, plan_in

__all__ = ["server"]

EVERY = 0.05


@pytest.fixture(autouse=True)
def _machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.runs.publish.EVERY", EVERY)
    monkeypatch.setattr(bucket_lease, "SETTLE", 0.0)
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path / "machine"))


@pytest.fixture
def address(request: pytest.FixtureRequest) -> str:
    return f"s3://runs/{request.node.name.replace('[', '-').replace(']', '')}/tiny"


def another_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path / "another"))


def lease_of(address: str, copy: str) -> BucketLease:
    return BucketLease(Bucket(address), copy)


def test_a_search_that_is_published_goes_on_from_the_bucket_alone(
    server: Buckets, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its driver dies in the middle; another machine fetches it and ends it."""
    search = Search(plan_in(tmp_path), local_root(address))
    with Lease(RunLayout(tmp_path / "machine")) as lease, published(search.layout, address, lease, say=print):
        search.go(epochs=4)
    assert {
        n for n in Bucket(address).objects() if n.startswith(".") or "lock" in n or "driver" in n
    } == set()
    looked = open_run(mirror(address))
    assert looked.progress().epochs_spent == 4
    assert looked.driver is None
    another_machine(tmp_path, monkeypatch)
    said: list[str] = []
    root = bring(address, say=said.append)
    assert said == [f"{address}: the run is fetched to {root}"]
    assert bring(address, say=said.append) == root
    assert published_at(root) == address
    assert published_at(tmp_path) is None
    there = Search(plan_in(tmp_path), root)
    with Lease(RunLayout(tmp_path / "machine")) as lease, published(there.layout, address, lease, say=print):
        there.go()
    run = assert_whole(root, trials=4)
    assert run.best() is not None
    copied = Bucket(address).objects()
    for name, stand in (read_copy(root) or new_copy(address)).files.items():
        assert copied[name].size == stand[2], name
    checkpoints = {name for name in copied if "checkpoint-" in name}
    assert checkpoints == {path.relative_to(root).as_posix() for path in root.rglob("checkpoint-*.pt")}, (
        "weights that were deleted here are still there"
    )


def named(journal: str) -> dict[int, str]:
    """Return the last checkpoint that a journal names of each trial that has not ended."""
    found: dict[int, str] = {}
    for record in map(json.loads, journal.splitlines()):
        for key, report in record.get("system_attr", {}).items():
            if key.startswith("winnow:report:"):
                found[record["trial_id"]] = report["checkpoint"]
        if record.get("state") in (1, 2, 3):  # completed, pruned, failed
            found.pop(record["trial_id"], None)
    return found


def test_a_reader_finds_every_checkpoint_that_the_record_names(
    server: Buckets, address: str, tmp_path: Path
) -> None:
    """At any time, while trials train and their weights are replaced and deleted."""
    search, bucket = Search(plan_in(tmp_path), local_root(address)), Bucket(address)
    over, looks = threading.Event(), []

    def look() -> None:
        while not over.wait(0.02):
            if bucket.find("study.journal"):
                before = bucket.read("study.journal")
                there = bucket.objects()
                if there["study.journal"].size == len(
                    before
                ):  # else a later record may say that one is not needed
                    looks.append((named(before.decode()), set(there)))

    reader = threading.Thread(target=look)
    reader.start()
    try:
        with Lease(RunLayout(tmp_path)) as lease, published(search.layout, address, lease, say=print):
            search.go()
    finally:
        over.set()
        reader.join()
    assert looks
    for checkpoints, there in looks:
        assert set(checkpoints.values()) <= there


@pytest.mark.parametrize("of", ["", "winner/confirmation/"], ids=["search", "confirmation"])
def test_a_record_is_published_only_with_the_files_that_it_names(
    server: Buckets, address: str, of: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial ends while a snapshot is sent, in the search or in its confirmation: the next one has it, whole."""
    layout, sent = RunLayout(tmp_path / "run"), list[str]()
    run = RunLayout(layout.root / of)
    run.root.mkdir(parents=True)
    layout.plan.write_text("name: x\n")
    run.plan.write_text("name: x\n")
    run.journal.write_text('{"trial": 0}\n{"tri')

    def upload(bucket: Bucket, path: Path, name: str) -> None:
        if not sent:
            run.trial(1).folder.mkdir(parents=True)
            run.trial(1).validation.write_bytes(b"1")
            run.journal.write_text('{"trial": 0}\n{"trial": 1}\n')
        sent.append(name)
        real(bucket, path, name)

    real = Bucket.upload
    monkeypatch.setattr(Bucket, "upload", upload)
    copy = new_copy(address)
    publisher = Publisher(layout, Bucket(address), lease_of(address, copy.id), copy, say=print)
    publisher.publish()
    assert Bucket(address).read(f"{of}study.journal") == b'{"trial": 0}\n'
    assert sent[-2:] == [f"{of}study.journal", "plan.yaml"]
    sent[:] = ["again"]
    publisher.publish()
    assert sent[1:] == [f"{of}trials/1/validation.npz", f"{of}study.journal"]
    assert Bucket(address).read(f"{of}study.journal") == b'{"trial": 0}\n{"trial": 1}\n'


@pytest.mark.slow  # 55 s: requests that a dead server leaves unanswered
def test_an_outage_delays_publication_and_stops_nothing(
    server: Buckets, address: str, tmp_path: Path
) -> None:
    search = Search(plan_in(tmp_path), local_root(address))
    said: list[str] = []
    with Lease(RunLayout(tmp_path)) as lease, published(search.layout, address, lease, say=said.append):
        search.go(epochs=2)
        server.away()
        try:
            search.go()
            deadline = time.monotonic() + 120
            while not said and time.monotonic() < deadline:
                time.sleep(0.1)
        finally:
            server.back()
    assert "is out of reach" in said[0]
    assert "is back after" in said[-1]
    assert sum("is out of reach" in line for line in said) == 1
    there = Bucket(address).objects()
    assert {
        name: stand[2] for name, stand in (read_copy(search.layout.root) or new_copy(address)).files.items()
    } == {name: found.size for name, found in there.items() if name != NAME}
    assert_whole(search.layout.root, trials=4)


def test_a_run_has_one_driver_among_all_machines(
    server: Buckets, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = lease_of(address, "one"), lease_of(address, "two")
    first.claim()
    with pytest.raises(RunIsHeld, match=rf"{address}: process \d+ on .* drives this run already"):
        second.claim()
    first.beat()
    Bucket(address).write("plan.yaml", b"name: x\n")
    looked = holder(RunLayout(mirror(address)))
    assert looked is not None
    assert looked.process == os.getpid()
    Bucket(address).delete("plan.yaml")
    assert not [name for name in Bucket(address).objects() if name != NAME], "a probe was left"
    lease_of(address, "one").claim()  # the same machine after a crash: its lock is free
    with pytest.raises(RunIsHeld):
        first.check()
    monkeypatch.setattr(bucket_lease, "PUBLISHED", 0.0)
    second.claim()
    with pytest.raises(RunIsHeld):
        first.release()
    second.release()
    monkeypatch.setattr(bucket_lease, "PUBLISHED", 90.0)
    first.claim()
    found = read_claim(Bucket(address))
    assert found is not None
    assert found.copy == "one"


def test_a_driver_that_has_lost_its_run_ends(server: Buckets, address: str, tmp_path: Path) -> None:
    layout = RunLayout(tmp_path / "run")
    layout.root.mkdir()
    layout.plan.write_text("name: x\n")
    mine = lease_of(address, "one")
    mine.claim()
    with Lease(layout) as lease:
        publisher = Publisher(layout, Bucket(address), mine, new_copy(address), say=print)
        lease.watch(publisher.check)
        publisher.publish()
        lease.beat()
        lease_of(address, "one").claim()
        mine._beaten = -1e9
        with pytest.raises(RunIsHeld):
            drive_until_refused(publisher, lease)


def drive_until_refused(publisher: Publisher, lease: Lease) -> None:
    with publisher.publishing():
        while True:
            lease.beat()
            time.sleep(0.01)


def test_what_another_machine_has_published_since_is_fetched_and_the_older_copy_kept_aside(
    server: Buckets, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = Search(plan_in(tmp_path), local_root(address))
    with Lease(RunLayout(tmp_path)) as lease, published(search.layout, address, lease, say=print):
        search.go(epochs=2)
    another_machine(tmp_path, monkeypatch)
    there = Search(plan_in(tmp_path), bring(address, say=print))
    with Lease(RunLayout(tmp_path)) as lease, published(there.layout, address, lease, say=print):
        there.go()
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path / "machine"))
    said: list[str] = []
    root = bring(address, say=said.append)
    assert open_run(root).progress().finished == 4
    assert "was published by another machine since" in said[0]
    assert [path for path in root.parent.iterdir() if "aside" in path.name]


def test_a_prefix_without_a_run_is_said(server: Buckets, address: str) -> None:
    for look in (mirror, lambda place: bring(place, say=print)):
        with pytest.raises(FileNotFoundError, match=r"this is no run: there is no plan\.yaml in it"):
            look(address)


def test_a_look_into_a_bucket_leaves_what_this_machine_has_of_other_runs(
    server: Buckets, address: str
) -> None:
    """Whatever the runs there are named: a copy belongs to its address alone, and is emptied."""
    runs = address.rpartition("/")[0]
    names = ("a", "a.lock", "mirrors", "a.partial", "trials", "coming")
    for name in names:
        Bucket(f"{runs}/{name}").write("plan.yaml", b"name: x\n")
    server.put(f"{runs.removeprefix('s3://runs/')}/../plan.yaml", b"name: x\n")
    for name in ("mirrors", "a.partial"):
        bring(f"{runs}/{name}", say=print)
        layout = RunLayout(local_root(f"{runs}/{name}"))
        layout.trials.mkdir()
        (layout.trials / "unpublished.json").write_text("{}")
    assert published_runs(runs) == sorted(f"{runs}/{name}" for name in names)
    for run in published_runs(runs):
        mirror(run)
        bring(run, say=print)
    for look in (local_root, mirror, lambda place: bring(place, say=print)):
        for part in ("..", ".", "../mirrors"):
            with pytest.raises(OSError, match="names between slashes are expected"):
                look(f"{runs}/{part}")
    for name in ("mirrors", "a.partial"):
        assert (RunLayout(local_root(f"{runs}/{name}")).trials / "unpublished.json").is_file()


def test_what_another_machine_noted_for_itself_is_not_taken_over(server: Buckets, address: str) -> None:
    bucket = Bucket(address)
    bucket.write("plan.yaml", b"name: x\n")
    for folder in ("", "winner/confirmation/"):
        for name in ("fetched.json", "driver.json", "driver.lock"):
            bucket.write(f"{folder}{name}", b"{}")
    bucket.write(".published.json", b'{"id": "x", "address": "s3://theirs/x", "files": {}}')
    for root in (mirror(address), bring(address, say=print)):
        assert published_at(root) in (None, address)
        files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
        assert files - {FILE} == {"plan.yaml"}


def test_what_stands_in_the_bucket_is_not_sent_again(server: Buckets, address: str, tmp_path: Path) -> None:
    layout = RunLayout(tmp_path / "run")
    layout.trial(0).folder.mkdir(parents=True)
    layout.plan.write_text("name: x\n")
    layout.trial(0).document.write_text("{}")
    for _ in range(2):
        with Lease(layout) as lease, published(layout, address, lease, say=print):
            pass
        before = Bucket(address).objects()
    assert {name for name in before if name != NAME} == {"plan.yaml", "trials/0/trial.json"}
    assert (layout.root / FILE).is_file()
    layout.trial(0).document.unlink()
    with Lease(layout) as lease, published(layout, address, lease, say=print):
        pass
    after = Bucket(address).objects()
    assert "trials/0/trial.json" not in after
    assert after["plan.yaml"] == before["plan.yaml"]


def test_a_run_whose_folder_is_gone_stays_in_the_bucket(
    server: Buckets, address: str, tmp_path: Path
) -> None:
    """An unmounted disk shows an empty folder, or none: that is no wish to delete what was published."""
    layout, bucket = RunLayout(tmp_path / "run"), Bucket(address)
    layout.root.mkdir()
    layout.plan.write_text("name: x\n")
    layout.images.write_text("{}")
    copy = new_copy(address)
    publisher = Publisher(layout, bucket, lease_of(address, copy.id), copy, say=print)
    publisher.publish()
    there = set(bucket.objects())
    for path in (layout.plan, layout.images):
        path.unlink()
    with pytest.raises(FileNotFoundError):
        publisher.publish()
    layout.root.rename(tmp_path / "away")
    with pytest.raises(FileNotFoundError):
        publisher.publish()
    assert set(bucket.objects()) == there


def test_what_another_than_its_search_writes_into_a_run_is_published_before_it_is_left(
    server: Buckets, address: str, tmp_path: Path
) -> None:
    search = Search(plan_in(tmp_path), local_root(address))
    machine = RunLayout(tmp_path / "machine")
    with Lease(machine) as lease, published(search.layout, address, lease, say=print):
        search.go(epochs=1)
    with written(search.layout, say=print) as held:
        assert held is not None
        with pytest.raises(RunIsHeld), Lease(search.layout):
            pass
        (search.layout.root / "winner").mkdir()
        (search.layout.root / "winner/found.json").write_text("{}", encoding="utf-8")
    assert Bucket(address).read("winner/found.json") == b"{}"
    assert BucketLease(Bucket(address), "another").refuse_if_held() is None  # type: ignore[func-returns-value]


def test_only_a_run_of_a_bucket_that_nobody_drives_here_is_published_by_others(
    server: Buckets, address: str, tmp_path: Path
) -> None:
    search = Search(plan_in(tmp_path), local_root(address))
    with written(search.layout, say=print) as held:
        assert held is None, "it is in no bucket"
    with (
        Lease(search.layout) as lease,
        published(search.layout, address, lease, say=print),
        written(search.layout, say=print) as held,
    ):
        assert held is None, "its driver publishes all of it"


@pytest.mark.parametrize("taken", [False, True])
def test_what_was_written_beside_a_search_that_ended_first_is_published(
    server: Buckets, address: str, taken: bool, tmp_path: Path
) -> None:
    """Or it is said that it is not, where another machine has the run by then."""
    layout, said = RunLayout(tmp_path / "run"), list[str]()
    layout.root.mkdir()
    layout.plan.write_text("name: x\n")
    with ExitStack() as writing:
        with Lease(layout) as lease, published(layout, address, lease, say=print):
            assert writing.enter_context(written(layout, say=said.append)) is None
        layout.winner.mkdir()
        layout.confirmation.write_text("{}")
        if taken:
            lease_of(address, "another").claim()
    assert (Bucket(address).find("winner/confirmation.json") is None) is taken
    assert len(said) == taken
    assert all("is not published in" in line and "drives this run already" in line for line in said)
    assert holder(layout) is None


@pytest.mark.parametrize("get", [mirror, partial(bring, say=print)], ids=["mirror", "bring"])
def test_two_looks_at_a_run_take_turns(
    server: Buckets, address: str, monkeypatch: pytest.MonkeyPatch, get: Callable[[str], Path]
) -> None:
    """Each would remove what the other has not yet whole, as a file that the bucket lacks."""
    Bucket(address).write("plan.yaml", b"name: tiny\n")
    at_once: list[int] = []
    inside = 0

    def slow(bucket: Bucket, folder: Path, *, wanted: object) -> None:
        nonlocal inside
        inside += 1
        at_once.append(inside)
        time.sleep(0.2)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "plan.yaml").write_text("name: tiny\n")
        inside -= 1

    monkeypatch.setattr("search.runs.local_copy.copy_down", slow)
    with ThreadPoolExecutor(3) as pool:
        (folder,) = set(pool.map(get, [address] * 3))
    assert (folder / "plan.yaml").is_file()
    assert set(at_once) == {1}

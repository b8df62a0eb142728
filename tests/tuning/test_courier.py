"""A run on the driver's disk alone: what workers elsewhere write comes there whole, and images come to them once."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import ray

from search.runs.keeper import prune_checkpoints
from search.runs.layout import RunLayout
from search.runs.ranking import Scoring
from search.runs.record import TrialRecord
from search.training.data.cache import entry_folder
from search.tuning import by_courier, fleet
from search.tuning.by_courier import ByCourier, FromCourier, get_courier, transport_of
from search.tuning.courier import CHUNK, Courier, courier, seen
from search.tuning.fleet import NAMESPACE, look_at_ray, own_prefix
from search.tuning.transport import SharedFolder
from tests.tuning.nodes import cluster
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with cluster(cpus=0) as found:  # so Ray keeps no idle process, which would look as if a test had left it
        yield found


@pytest.fixture
def layout(tmp_path: Path) -> RunLayout:
    (tmp_path / "run").mkdir()
    return RunLayout(tmp_path / "run")


@pytest.mark.parametrize(
    "relative",
    [
        "plan.yaml",
        "study.journal",
        "trials/0/trial.json",
        "trials/0/1/../../../plan.yaml",
        "trials/0/1/..",
        "/etc/passwd",
        "trials/0/1/.hidden",
        "trials/0/1/..partial",
        "trials/0/1/.../x.partial",
        "trials/0/1/a/b",
        "trials/0/1/log\n",
        "",
    ],
)
def test_a_worker_writes_and_reads_files_of_attempts_alone(layout: RunLayout, relative: str) -> None:
    served = Courier(str(layout.root), None, [])
    for act in (
        lambda: served.put(relative, b"x", durable=False),
        lambda: served.put_at(relative, 0, b"x"),
        lambda: served.complete(relative, "part", 1),
        lambda: served.complete("trials/0/1/file", f"../{relative}", 1),
        lambda: served.remove(relative),
        lambda: served.get(relative, 0),
    ):
        with pytest.raises(ValueError, match="a file such as trials/3/1/log is expected"):
            act()
    assert list(layout.root.iterdir()) == []


def test_plugins_of_the_plan_and_images_of_the_search_are_all_that_is_handed_out(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    served = Courier(str(tmp_path), str(tmp_path / "images"), [str(tmp_path / "plugin.py")])
    with pytest.raises(ValueError, match="a plugin of the plan is expected"):
        served.plugin(str(secret))
    with pytest.raises(ValueError, match="a file of the decoded images is expected"):
        served.image_chunk("../secret", 0)


def test_a_file_that_came_in_stretches_takes_its_place_once_all_of_it_is_there(layout: RunLayout) -> None:
    served = Courier(str(layout.root), None, [])
    served.put_at("trials/0/1/part", 0, b"abc")
    with pytest.raises(OSError, match="6 bytes are expected, but 3 came"):
        served.complete("trials/0/1/checkpoint-00001.pt", "part", 6)
    served.put_at("trials/0/1/part", 3, b"def")
    served.put_at("trials/0/1/part", 3, b"def")  # an answer was lost
    served.complete("trials/0/1/checkpoint-00001.pt", "part", 6)
    served.complete("trials/0/1/checkpoint-00001.pt", "part", 6)
    assert served.get("trials/0/1/checkpoint-00001.pt", 2) == b"cdef"
    assert [path.name for path in layout.trial(0).attempt(1).folder.iterdir()] == ["checkpoint-00001.pt"]


def test_large_weights_come_under_the_name_that_is_swept_and_not_published(
    layout: RunLayout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off in the middle: what is left there is removed when the trial has ended."""
    served = Courier(str(layout.root), None, [])

    class Direct:
        def __getattr__(self, name: str) -> SimpleNamespace:
            return SimpleNamespace(remote=lambda *given, **named: (name, given, named))

    def asked(call: tuple[str, tuple[object, ...], dict[str, object]]) -> object:
        name, given, named = call
        if name == "complete":
            raise OSError(errno.ENOTCONN, "the driver's node is out of reach")
        return getattr(served, name)(*given, **named)

    monkeypatch.setattr(by_courier, "_asked", asked)
    transport = ByCourier(Direct(), tmp_path / "scratch" / "run")  # type: ignore[arg-type]
    attempt = RunLayout(transport.root).trial(0).attempt(1)
    attempt.folder.mkdir(parents=True)
    attempt.checkpoint(1).write_bytes(bytes(CHUNK + 1))
    with pytest.raises(OSError, match="out of reach"):
        transport.deliver(attempt.folder)
    there = layout.trial(0).attempt(1)
    (left,) = there.folder.iterdir()
    assert left.name.startswith(".checkpoint-00001.pt.")
    assert there.checkpoints() == []
    prune_checkpoints(layout, [TrialRecord(0, "stopped", {}, {}, ())], [0], Scoring())
    assert list(there.folder.iterdir()) == []


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_what_a_worker_writes_stands_in_the_run_after_each_delivery(
    address: str, layout: RunLayout, tmp_path: Path
) -> None:
    with courier(layout, images=None, plugins=[], say=print) as name:
        transport = ByCourier(get_courier(name), tmp_path / "scratch" / "run")
        attempt = RunLayout(transport.root).trial(3).attempt(2)
        attempt.folder.mkdir(parents=True)
        (attempt.folder / "log").write_bytes(b"one\n")
        attempt.checkpoint(1).write_bytes(os.urandom(2 * CHUNK + 17))
        transport.deliver(attempt.folder)
        there = layout.trial(3).attempt(2)
        assert contents(there.folder) == contents(attempt.folder)
        assert transport.checkpoints(3) == ["trials/3/2/checkpoint-00001.pt"]
        attempt.checkpoint(2).write_bytes(b"weights")
        attempt.checkpoint(1).unlink()
        with (attempt.folder / "log").open("ab") as file:
            file.write(b"two\n")
        (attempt.folder / ".unfinished").write_bytes(b"x")
        transport.deliver(attempt.folder)
        (attempt.folder / ".unfinished").unlink()
        assert contents(there.folder) == contents(attempt.folder)
        transport.leave(attempt.folder)
        assert contents(tmp_path / "scratch") == {}
        fetched = transport.fetch("trials/3/2/checkpoint-00002.pt")
        assert fetched.read_bytes() == b"weights"
        assert fetched.is_relative_to(tmp_path / "scratch")


def test_a_full_disk_beside_the_driver_is_the_workers_error(
    address: str, layout: RunLayout, tmp_path: Path
) -> None:
    """With its number, by which it is told from a trial's own fault."""
    layout.trials.write_text("no folder")
    with courier(layout, images=None, plugins=[], say=print) as name:
        transport = ByCourier(get_courier(name), tmp_path / "scratch" / "run")
        attempt = RunLayout(transport.root).trial(0).attempt(1)
        attempt.folder.mkdir(parents=True)
        attempt.log.write_text("log")
        with pytest.raises(NotADirectoryError):
            transport.deliver(attempt.folder)


def test_a_worker_tells_its_run_from_another_folder_of_that_name(
    address: str, layout: RunLayout, tmp_path: Path
) -> None:
    with courier(layout, images=None, plugins=[], say=print) as name:
        assert look_at_ray().searches == 1
        assert isinstance(transport_of(layout.root, name, lambda: tmp_path), SharedFolder)
        seen(layout.root, name).rename(seen(layout.root, "winnow:another"))
        assert isinstance(transport_of(layout.root, name, lambda: tmp_path), ByCourier)
    with pytest.raises(OSError, match="its driver has ended"):
        get_courier(name)
    with courier(layout, images=None, plugins=[], say=print):
        assert len(list(layout.root.iterdir())) == 1, "what a killed driver has left is still there"
    assert list(layout.root.iterdir()) == []


def test_this_search_counts_once_and_others_beside_it(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert look_at_ray().searches == 1
    mine = {"name": f"{own_prefix()}0123", "namespace": NAMESPACE}
    another = {"name": "winnow:ff000000-0123", "namespace": NAMESPACE}
    for found, searches in (([mine], 1), ([another], 2), ([mine, another], 2)):
        monkeypatch.setattr(fleet, "list_named_actors", lambda *, found=found, **_: found)
        assert look_at_ray().searches == searches


def test_a_courier_ends_also_when_its_file_cannot_be_deleted(
    address: str, layout: RunLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), str(path))

    with monkeypatch.context() as patched, courier(layout, images=None, plugins=[], say=print) as name:
        patched.setattr(Path, "unlink", refuse)
    with pytest.raises(OSError, match="its driver has ended"):
        get_courier(name)


def test_a_folder_that_may_not_be_read_is_one_that_the_worker_does_not_see(
    layout: RunLayout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bool:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(by_courier, "get_courier", lambda _: None)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "is_file", refuse)
        found = transport_of(layout.root, "winnow:one", lambda: tmp_path)
    assert isinstance(found, ByCourier)


def test_images_come_to_a_node_whole_and_once(
    address: str, layout: RunLayout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = tmp_path / "images" / "big-0123456789abcdef"
    images.mkdir(parents=True)
    np.save(images / "train.images.npy", np.random.default_rng(0).bytes(CHUNK + 1000))
    (images / "contents.json").write_text("{}")
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path / "node"))
    said: list[str] = []
    with courier(layout, images=images, plugins=[], say=said.append) as name:
        supplies = FromCourier(get_courier(name), lambda: tmp_path)
        supplies.images(images.name)
        supplies.images(images.name)
        wait_until(lambda: len(said) == 2, what="the courier has told of the images")
    assert contents(entry_folder(images.name)) == contents(images)
    assert [line.partition(",")[0].split()[0] for line in said] == ["images:", "images:"]
    assert said[0].startswith("images: 17 MB to node ")


def test_a_plugin_comes_to_a_node_that_lacks_it(address: str, layout: RunLayout, tmp_path: Path) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text("X = 1\n")
    with courier(layout, images=None, plugins=[str(plugin)], say=print) as name:
        supplies = FromCourier(get_courier(name), lambda: tmp_path / "scratch")
        assert supplies.plugin(plugin) == plugin
        actor = get_courier(name)
        assert ray.get(actor.plugin.remote(str(plugin))) == b"X = 1\n"


def test_a_courier_that_dies_is_started_again_and_nobody_notices(
    address: str, layout: RunLayout, tmp_path: Path
) -> None:
    with courier(layout, images=None, plugins=[], say=print) as name:
        transport = ByCourier(get_courier(name), tmp_path / "scratch" / "run")
        attempt = RunLayout(transport.root).trial(0).attempt(1)
        attempt.folder.mkdir(parents=True)
        attempt.log.write_text("one")
        transport.deliver(attempt.folder)
        ray.kill(get_courier(name), no_restart=False)
        attempt.log.write_text("one two")
        transport.deliver(attempt.folder)
        assert layout.trial(0).attempt(1).log.read_text() == "one two"

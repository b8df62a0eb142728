"""Whatever program wrote the logs, and however they grew or broke, each value is the one that stands there."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.scalar import metadata
from tensorboard.util import tensor_util
from tensorboardX import SummaryWriter as XWriter
from torch.utils.tensorboard import SummaryWriter

from search.runs.events import EventWriter
from search.runs.logs.event_file import MOST_DAMAGE
from search.runs.logs.folder import LogFolder
from search.runs.logs.logs import Logs
from search.runs.logs.store import LocalStore
from tests.runs.logs.writing import NAME, VERSION, Points, framed, masked, oracle, scalars, write

RAY_TUNE = Path(__file__).parent / "data" / "ray_tune"

quick = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def points(logs: Logs, run: str) -> Points:
    found: Points = {}
    for tag in logs.tags_of(run):
        series = logs.series(run, tag)
        columns = (series.steps.tolist(), series.walls.tolist(), series.values.tolist())
        found[tag] = list(zip(*columns, strict=True))
    return found


def same(left: Points, right: Points) -> bool:
    """Tell whether all points are equal, NaN to NaN."""
    return left.keys() == right.keys() and all(
        np.array_equal(np.array(left[tag]), np.array(right[tag]), equal_nan=True) for tag in left
    )


def attentive(root: Path) -> LogFolder:
    """Return a reader that looks at every folder every time."""
    return LogFolder(root, store=LocalStore(root, quiet_every=0))


def fresh(root: Path) -> Logs:
    return LogFolder(root).refresh()


VALUES = (0.25, -1e-30, 3.4e38, float("nan"), float("inf"), float("-inf"), 0.1, 0.0)


def test_what_our_writer_wrote_is_read_as_tensorboard_reads_it(tmp_path: Path) -> None:
    writer = EventWriter(tmp_path)
    writer.start({"learning_rate": 0.1, "optimizer": "sgd", "nesterov": True}, group="7")
    for step, value in enumerate(VALUES, start=1):
        writer.scalars({"val/loss": value, "val/accuracy": step / 3, "a": 1}, step=step * 100)
    writer.end("success")
    writer.close()
    logs = fresh(tmp_path)
    assert same(points(logs, "."), oracle(tmp_path))
    run = logs.runs[0]
    assert (run.status, run.group, logs.damage) == ("success", "7", ())
    assert run.hparams == {"learning_rate": 0.1, "optimizer": "sgd", "nesterov": True}


def test_what_pytorch_wrote_is_read_as_tensorboard_reads_it(tmp_path: Path) -> None:
    with SummaryWriter(str(tmp_path)) as writer:
        for step, value in enumerate(VALUES):
            writer.add_scalar("val/loss", value, step)
            writer.add_scalar("double", 0.1 * step, step, new_style=True, double_precision=True)
            writer.add_scalar("single", 0.1 * step, step, new_style=True)
            writer.add_histogram("weights", np.arange(50.0), step)
            writer.add_text("note", "words", step)
            writer.add_image("picture", np.zeros((3, 8, 8), np.uint8), step)
            writer.add_scalar("negative", 1.0, -step)
            writer.add_scalar("far", 1.0, 2**62 + step)
    expected = oracle(tmp_path)
    assert {"val/loss", "double", "single", "negative", "far"} <= expected.keys()
    assert same(points(fresh(tmp_path), "."), expected)


def test_what_tensorboardx_wrote_is_read_as_tensorboard_reads_it(tmp_path: Path) -> None:
    with XWriter(str(tmp_path)) as writer:
        for step, value in enumerate(VALUES):
            writer.add_scalar("val/loss", value, step)
            writer.add_histogram("weights", np.arange(50.0), step)
    assert same(points(fresh(tmp_path), "."), oracle(tmp_path))


@pytest.mark.parametrize("trial", sorted(path.name for path in RAY_TUNE.iterdir()))
def test_what_ray_tune_wrote_is_read_as_tensorboard_reads_it(trial: str) -> None:
    logs = fresh(RAY_TUNE)
    assert same(points(logs, trial), oracle(RAY_TUNE / trial))
    run = logs.runs[logs.row(trial)]
    assert run.hparams["batch_size"] == 64
    assert run.hparams["augment/flip"] is True
    assert run.hparams["optimizer"] == "sgd"


def test_scalar_tensors_are_read_in_every_form(tmp_path: Path) -> None:
    described = metadata.create_summary_metadata(display_name="", description="")
    tensors = [
        tensor_util.make_tensor_proto(np.float32(0.1)),
        tensor_util.make_tensor_proto(np.array([0.1], np.float64)),
        tensor_util.make_tensor_proto(np.int64(-7)),
        tensor_util.make_tensor_proto(np.float16(0.1)),
        tensor_util.make_tensor_proto(0.1, dtype=np.float32),
    ]
    values = [Summary.Value(tag=f"t{i}", metadata=described, tensor=t) for i, t in enumerate(tensors)]
    events = [Event(wall_time=1.0, step=i, summary=Summary(value=[value])) for i, value in enumerate(values)]
    write(tmp_path / NAME, [VERSION, *events, Event(step=9, summary=Summary(value=values))])
    assert same(points(fresh(tmp_path), "."), oracle(tmp_path))


def test_several_files_of_a_run_are_joined_as_tensorboard_joins_them(tmp_path: Path) -> None:
    write(
        tmp_path / "events.out.tfevents.1700000009.b", [VERSION, *(scalars(s, a=s + 0.5) for s in (3, 4, 5))]
    )
    write(tmp_path / "events.out.tfevents.1700000001.a", [VERSION, *(scalars(s, a=s) for s in (1, 2, 3, 4))])
    logs = fresh(tmp_path)
    assert same(points(logs, "."), oracle(tmp_path))
    steps, values = logs.matrix("a")
    assert steps.tolist() == [1, 2, 3, 4, 5]
    assert values.tolist() == [[1, 2, 3.5, 4.5, 5.5]], (
        "of a step that was trained again the later value counts"
    )


@pytest.mark.parametrize("grown", [False, True])
def test_a_restart_makes_later_steps_void_as_for_tensorboard(tmp_path: Path, grown: bool) -> None:
    folder = attentive(tmp_path)
    write(tmp_path / "events.out.tfevents.1", [VERSION, *(scalars(s, a=s, b=s) for s in range(6))])
    restart = Event(step=3, session_log=SessionLog(status=SessionLog.START))
    if grown:
        folder.refresh()
    second = tmp_path / "events.out.tfevents.2"
    write(second, [VERSION, scalars(9, a=9), restart, *(scalars(s, a=s / 2) for s in (3, 4))])
    if grown:
        folder.refresh()
        write(second, [restart, scalars(7, b=1)])
        write(tmp_path / "events.out.tfevents.1", [scalars(2, a=22), scalars(8, a=8)])
    assert same(points(folder.refresh(), "."), oracle(tmp_path))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all kinds of records."""
    folder = tmp_path_factory.mktemp("whole")
    writer = EventWriter(folder)
    writer.start({"x": 1}, group="1")
    for step in range(6):
        writer.scalars({"val/loss": step / 7, "b": step}, step=step)
        writer.scalars({"c": step}, step=200 * step)
    writer.end("success")
    writer.close()
    return next(folder.iterdir())


@quick
@given(cuts=st.lists(st.integers(0, 2000), max_size=6))
def test_however_a_file_grew_a_full_read_gives_the_same(whole: Path, cuts: list[int], tmp_path: Path) -> None:
    root = tmp_path / "grown"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    data, folder = whole.read_bytes(), attentive(root)
    begin = 0
    for cut in [*sorted(cuts), len(data)]:
        with (root / NAME).open("ab") as file:
            file.write(data[begin:cut])
        begin = max(begin, min(cut, len(data)))
        logs = folder.refresh()
        assert logs.damage == ()
    assert same(points(logs, "."), points(fresh(whole.parent), "."))
    assert logs.runs[0].status == "success"


@quick
@given(at=st.integers(0, 10_000), bit=st.integers(0, 7), cut=st.integers(0, 10_000))
def test_a_flipped_bit_costs_its_record_only_and_is_named(
    whole: Path, at: int, bit: int, cut: int, tmp_path: Path
) -> None:
    root = tmp_path / "flipped"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    data = bytearray(whole.read_bytes())
    at, cut = at % len(data), cut % len(data)
    data[at] ^= 1 << bit
    folder = attentive(root)
    (root / NAME).write_bytes(data[:cut])
    folder.refresh()
    with (root / NAME).open("ab") as file:
        file.write(data[cut:])
    logs = folder.refresh()
    starts = _record_starts(whole.read_bytes())
    struck = max(start for start in starts if start <= at)
    assert logs.damage == (f"corrupt record at byte {struck} of {root / NAME}",)
    kept = root / "kept"
    rest = [start for start in starts if start != struck]
    ends = dict(zip(starts, [*starts[1:], len(data)], strict=True))
    kept.mkdir()
    (kept / NAME).write_bytes(b"".join(whole.read_bytes()[start : ends[start]] for start in rest))
    assert same(points(logs, "."), points(fresh(kept), "."))


def _record_starts(data: bytes) -> list[int]:
    starts = [0]
    while starts[-1] < len(data):
        starts.append(starts[-1] + 16 + int.from_bytes(data[starts[-1] : starts[-1] + 8], "little"))
    return starts[:-1]


@quick
@given(cut=st.integers(0, 10_000))
def test_a_torn_end_is_no_damage_and_costs_its_record_only(whole: Path, cut: int, tmp_path: Path) -> None:
    root = tmp_path / "torn"
    root.mkdir(exist_ok=True)
    data = whole.read_bytes()
    cut %= len(data)
    (root / NAME).write_bytes(data[:cut])
    logs = fresh(root)
    assert logs.damage == ()
    if logs.runs:
        assert same(points(logs, "."), oracle(root))
        assert logs.runs[0].torn == (cut not in _record_starts(data))


@quick
@given(
    pieces=st.lists(st.binary(max_size=60) | st.just(framed(scalars(1, a=1).SerializeToString())), max_size=8)
)
def test_no_bytes_whatsoever_make_it_fail(pieces: list[bytes], tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"".join(pieces))
    logs = fresh(tmp_path)
    assert set(logs.tags) <= {"a"}


@quick
@given(payload=st.binary(max_size=80))
def test_a_record_that_is_no_event_is_named(payload: bytes, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(framed(payload) + framed(scalars(1, a=1).SerializeToString()))
    logs = fresh(tmp_path)
    assert "a" in logs.tags
    assert all(sentence.startswith("record that is no event at byte 0 of ") for sentence in logs.damage)


def test_a_torn_record_that_is_overwritten_by_others_is_named_once(tmp_path: Path) -> None:
    folder = attentive(tmp_path)
    ends = write(tmp_path / NAME, [VERSION, scalars(1, a=1)])
    with (tmp_path / NAME).open("ab") as file:
        file.write(framed(scalars(2, a=2).SerializeToString())[:25])
    assert folder.refresh().damage == ()
    write(tmp_path / NAME, [scalars(step, a=step) for step in range(3, 20)])
    for _ in range(2):
        logs = folder.refresh()
    assert f"corrupt record at byte {ends[-1]} of {tmp_path / NAME}" in logs.damage
    assert logs.series(".", "a").steps.tolist()[-10:] == list(range(10, 20))


def test_damage_without_end_is_counted_and_not_listed(tmp_path: Path) -> None:
    record = bytearray(framed(scalars(1, a=1).SerializeToString()))
    record[-1] ^= 1
    (tmp_path / NAME).write_bytes(bytes(record) * 1000)
    damage = fresh(tmp_path).damage
    assert len(damage) == MOST_DAMAGE + 1
    assert damage[-1].startswith(f"{1000 - MOST_DAMAGE} more damaged places of ")


def test_a_record_without_end_is_waited_for_and_takes_no_memory(tmp_path: Path) -> None:
    header = (2**39).to_bytes(8, "little")
    write(tmp_path / NAME, [VERSION, scalars(1, a=1)])
    with (tmp_path / NAME).open("ab") as file:
        file.write(header + masked(header) + bytes(100))
    logs = fresh(tmp_path)
    assert (logs.damage, logs.runs[0].torn, logs.tags) == ((), True, ("a",))


def test_nothing_is_read_where_nothing_changed(tmp_path: Path) -> None:
    write(tmp_path / "a" / NAME, [VERSION, scalars(1, a=1)])
    folder = attentive(tmp_path)
    assert folder.refresh() is folder.refresh()


def test_an_older_view_stays_as_it_was(tmp_path: Path) -> None:
    folder = attentive(tmp_path)
    write(tmp_path / NAME, [VERSION, scalars(1, a=1)])
    old = folder.refresh()
    write(tmp_path / NAME, [scalars(2, a=2, b=1)])
    new = folder.refresh()
    assert (old.matrix("a")[0].tolist(), old.tags) == ([1], ("a",))
    assert (new.matrix("a")[0].tolist(), new.tags) == ([1, 2], ("a", "b"))


@pytest.mark.parametrize("how", ["shrunk", "another inode", "same size", "longer"])
def test_a_file_that_became_another_is_read_anew(tmp_path: Path, how: str) -> None:
    path, folder = tmp_path / "r" / NAME, attentive(tmp_path)
    write(path, [VERSION, *(scalars(step, a=1, wall=1e9) for step in range(5))])
    folder.refresh()
    size = path.stat().st_size
    if how == "another inode":
        path.rename(path.with_name("old"))
    else:
        path.write_bytes(b"")
    write(path, [VERSION, *(scalars(s, a=2, wall=2e9) for s in range(3 if how == "shrunk" else 5))])
    if how == "longer":
        write(path, [scalars(5, a=2)])
    assert (path.stat().st_size == size) == (how in ("same size", "another inode"))
    os.utime(path, ns=(time.time_ns(), time.time_ns() + 10**9))
    assert same(points(folder.refresh(), "r"), oracle(tmp_path / "r"))


def test_files_and_runs_come_and_go(tmp_path: Path) -> None:
    folder = attentive(tmp_path / "logs")
    assert folder.refresh().runs == ()
    for name in ("10", "9", "deep/er/2"):
        write(tmp_path / "logs" / name / NAME, [VERSION, scalars(1, a=1)])
    assert [run.name for run in folder.refresh().runs] == ["9", "10", "deep/er/2"]
    shutil.rmtree(tmp_path / "logs" / "10")
    logs = folder.refresh()
    assert [run.name for run in logs.runs] == ["9", "deep/er/2"]
    assert logs.matrix("a")[1].tolist() == [[1.0], [1.0]]


def test_a_circle_of_links_and_a_pipe_do_not_hold_the_reader(tmp_path: Path) -> None:
    write(tmp_path / "r" / NAME, [VERSION, scalars(1, a=1)])
    (tmp_path / "r" / "up").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "r" / "events.out.tfevents.9")
    os.truncate(tmp_path / "r" / NAME, (tmp_path / "r" / NAME).stat().st_size)
    assert [run.name for run in fresh(tmp_path).runs] == ["r"]


def test_a_file_that_may_not_be_opened_is_named(tmp_path: Path) -> None:
    class Refusing(LocalStore):
        def many(self, stretches: Sequence[object]) -> Iterator[bytes | OSError]:
            for _ in stretches:
                yield PermissionError(13, "Permission denied")

    write(tmp_path / NAME, [VERSION, scalars(1, a=1)])
    folder = LogFolder(tmp_path, store=Refusing(tmp_path))
    assert folder.refresh().damage == (f"{tmp_path / NAME} cannot be read: Permission denied",)
    (tmp_path / NAME).unlink()
    assert folder.refresh().damage == ()


def test_what_add_hparams_writes_below_a_run_is_joined_to_it(tmp_path: Path) -> None:
    for trial in ("a", "b"):
        with SummaryWriter(str(tmp_path / trial)) as writer:
            for step in range(3):
                writer.add_scalar("val/accuracy", step, step)
            writer.add_hparams({"lr": 0.1, "optimizer": trial, "n": 3}, {"hparam/best": 2, "val/accuracy": 7})
    logs = fresh(tmp_path)
    assert [run.name for run in logs.runs] == ["a", "b"]
    assert logs.runs[0].hparams == {"lr": 0.1, "optimizer": "a", "n": 3.0}
    assert logs.matrix("hparam/best")[1].tolist() == [[2.0], [2.0]]
    assert logs.matrix("val/accuracy")[1].tolist() == [[0, 1, 2]] * 2, "the run's own curve is untouched"


def test_several_results_below_one_writer_stay_runs_of_their_own(tmp_path: Path) -> None:
    with SummaryWriter(str(tmp_path)) as writer:
        for number in range(3):
            writer.add_hparams({"lr": number}, {"accuracy": number}, run_name=f"t{number}")
    logs = fresh(tmp_path)
    assert [(run.name, run.hparams) for run in logs.runs] == [(f"t{n}", {"lr": float(n)}) for n in range(3)]


def test_many_tags_of_equal_length_are_told_apart(tmp_path: Path) -> None:
    names = [f"t{i:03d}" for i in range(200)]
    write(
        tmp_path / NAME, [VERSION, *(scalars(s, **{n: s + i}) for s in range(3) for i, n in enumerate(names))]
    )
    assert same(points(fresh(tmp_path), "."), oracle(tmp_path))

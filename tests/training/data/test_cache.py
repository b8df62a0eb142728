"""The cache of decoded images: one builder at a time, nothing half-done believed, changes seen."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from search.training.cache_folder import cache_folder, locked
from search.training.data.cache import cached
from search.training.data.source import Contents, Source, Writer, file_identity
from search.training.errors import DataError

SHAPE = (4, 4, 1)

# The children only decode; Python 3.12 warns of any fork in a process that has had threads.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def decode(marks: Path, delay: float, writer: Writer) -> Contents:
    """Write ten images and leave a mark for each time that this was called."""
    (marks / f"{os.getpid()}-{time.monotonic_ns()}").touch()
    images = writer.split("train", [0, 1] * 5, SHAPE)
    images[:5] = 7
    time.sleep(delay)
    images[5:] = 9
    return Contents(("a", "b"), ("a note",))


def source(marks: Path, delay: float = 0.0, **identity: object) -> Source:
    return Source("fake", identity, partial(decode, marks, delay))


def build(marks: Path, cache: Path, delay: float) -> None:
    images = cached(source(marks, delay), cache).splits["train"].images
    assert images.sum() == 5 * 16 * (7 + 9)


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    (tmp_path / "marks").mkdir()
    return tmp_path / "marks"


def test_images_labels_and_names_come_back_and_are_decoded_once(marks: Path, tmp_path: Path) -> None:
    for _ in range(3):
        found = cached(source(marks), tmp_path)
    assert len(list(marks.iterdir())) == 1
    assert found.contents == Contents(("a", "b"), ("a note",))
    train = found.splits["train"]
    assert train.images.shape == (10, *SHAPE)
    assert train.images.dtype == np.uint8
    assert train.labels.tolist() == [0, 1] * 5
    assert isinstance(train.images, np.memmap)
    # Linux refuses a private mapping of more than its memory that could be written to.
    assert not train.images.flags.writeable


def test_moments_are_the_sums_of_each_image(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 3, 3), dtype=np.uint8)

    def write(writer: Writer) -> Contents:
        writer.split("train", range(7), (5, 3, 3))[:] = pixels
        return Contents(("a",))

    moments = cached(Source("random", {}, write), tmp_path).splits["train"].moments
    assert np.array_equal(moments[..., 0], pixels.astype(int).sum(axis=(1, 2)))
    assert np.array_equal(moments[..., 1], (pixels.astype(int) ** 2).sum(axis=(1, 2)))


def test_another_identity_is_another_entry(marks: Path, tmp_path: Path) -> None:
    first = cached(source(marks, files=["a", 1, 2]), tmp_path)
    second = cached(source(marks, files=["a", 1, 3]), tmp_path)
    assert first.fingerprint != second.fingerprint
    assert len(list(marks.iterdir())) == 2


def test_a_file_that_changes_has_another_identity(tmp_path: Path) -> None:
    path = tmp_path / "x"
    identities = []
    for content, stamp in ((b"1", 1), (b"12", 1), (b"12", 2)):
        path.write_bytes(content)
        os.utime(path, ns=(stamp, stamp))
        identities.append(file_identity(path, tmp_path))
    assert identities == [["x", 1, 1], ["x", 2, 1], ["x", 2, 2]]


def test_many_processes_that_build_at_once_decode_once(marks: Path, tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=build, args=(marks, tmp_path, 0.3)) for _ in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 6
    assert len(list(marks.iterdir())) == 1


def test_a_killed_builder_leaves_nothing_that_is_believed(marks: Path, tmp_path: Path) -> None:
    process = multiprocessing.get_context("fork").Process(target=build, args=(marks, tmp_path, 600.0))
    process.start()
    while not list(marks.iterdir()):
        time.sleep(0.01)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    build(marks, tmp_path, 0.0)  # waits for no lock of the dead
    assert len(list(marks.iterdir())) == 2
    assert not list((tmp_path / "images").glob("*.partial"))


def test_a_decoder_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(writer: Writer) -> Contents:
        writer.split("train", [0], SHAPE)
        raise DataError("no")

    with pytest.raises(DataError):
        cached(Source("bad", {}, fail), tmp_path)
    assert [path.suffix for path in (tmp_path / "images").iterdir()] == [".lock"]


def test_what_is_missing_on_the_disk_is_told_before_the_decoding(
    marks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int, _offset: int, _length: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(DataError, match=r"No space left on device for 0 MB.*set WINNOW_CACHE"):
        cached(source(marks), tmp_path)
    assert not list((tmp_path / "images").glob("fake*.partial"))


def test_what_a_killed_builder_of_another_entry_left_is_removed_but_not_what_a_living_one_writes(
    marks: Path, tmp_path: Path
) -> None:
    dead, living = tmp_path / "images" / "old-1.partial", tmp_path / "images" / "new-2.partial"
    for folder in (dead, living):
        folder.mkdir(parents=True)
        (folder / "train.images.npy").write_bytes(b"x")
    with locked(living.with_suffix(".lock")):
        cached(source(marks), tmp_path)
        assert not dead.exists()
        assert living.exists()


@pytest.mark.parametrize(
    "name", ["contents.json", "train.images.npy", "train.labels.npy", "train.moments.npy"]
)
@pytest.mark.parametrize("cut", [True, False])
def test_an_entry_from_which_files_were_taken_is_named(
    name: str, cut: bool, marks: Path, tmp_path: Path
) -> None:
    """Cleaners of temporary folders remove single files; a split that is gone must not become another split."""
    cached(source(marks), tmp_path)
    (path,) = tmp_path.glob(f"images/fake-*/{name}")
    content = path.read_bytes()
    path.unlink()
    if cut:
        path.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=r"fake-[0-9a-f]+ are damaged .*delete that folder"):
        cached(source(marks), tmp_path)


def test_moments_are_the_same_however_many_images_are_summed_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 3, 3), dtype=np.uint8)
    monkeypatch.setattr("search.training.data.cache.BYTES_AT_ONCE", 2 * pixels[0].nbytes)

    def write(writer: Writer) -> Contents:
        writer.split("train", range(7), (5, 3, 3))[:] = pixels
        return Contents(("a",))

    moments = cached(Source("random", {}, write), tmp_path).splits["train"].moments
    assert np.array_equal(moments[..., 1], (pixels.astype(int) ** 2).sum(axis=(1, 2)))


def test_a_folder_that_cannot_be_made_is_named(marks: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="set WINNOW_CACHE"):
        cached(source(marks), tmp_path / "file")


def test_the_folder_is_the_argument_then_the_variables_then_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    monkeypatch.setenv("WINNOW_CACHE", "/named")
    assert cache_folder(Path("/argument")) == Path("/argument")
    assert cache_folder() == Path("/named")
    monkeypatch.delenv("WINNOW_CACHE")
    assert cache_folder() == Path("/xdg/winnow")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path("/home/someone/.cache/winnow")


def test_a_home_in_the_name_of_the_cache_is_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_CACHE", "~/cache")
    monkeypatch.setenv("HOME", "/home/me")
    assert cache_folder() == Path("/home/me/cache")

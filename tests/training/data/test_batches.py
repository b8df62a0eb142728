"""The ways from images to a device: the same batches of each, choices that fit, and nothing left when one is left."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from search.plan.trial_config import Access, DataConfig
from search.training.data import Data, Resident, Streamed, batches, load_data, load_test
from search.training.data.file_images import FileImages
from search.training.data.image_file import read_pixels
from search.training.errors import DataError

CPU = torch.device("cpu")
WAYS: tuple[Access, ...] = ("resident", "streamed", "decoded")
COUNT = 24
SHAPE = (7, 7, 3)


def fill(root: Path) -> Path:
    """Write images of two classes in several sizes and kinds, so that decoding has something to do."""
    random = np.random.default_rng(0)
    for index in range(COUNT):
        folder = root / ("train" if index < COUNT - 4 else "test") / ("cat", "dog")[index % 2]
        folder.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 128, (9 + index % 3, 7, 3)) + 100 * (index % 2)
        kind = (".png", ".jpg", ".bmp")[index % 3]
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{index:02}{kind}")
    return root


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("images"))


def load(root: Path, access: Access) -> Data:
    return load_data(DataConfig("image_folder", validation=0.2), directory=root, access=access)


@pytest.fixture
def threads() -> Callable[[], int]:
    """Return how many threads gather images now."""
    return lambda: sum(thread.name.startswith("images") for thread in threading.enumerate())


@pytest.fixture(params=[1, 3])
def number_of_threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("torch.get_num_threads", lambda: request.param)
    return int(request.param)


def test_each_way_is_the_one_asked_for(root: Path) -> None:
    found = {access: load(root, access) for access in WAYS}
    ways = {access: data.to(CPU, data.train) for access, data in found.items()}
    assert [type(way) for way in ways.values()] == [Resident, Streamed, Streamed]
    assert isinstance(found["streamed"].train.images, np.memmap)
    assert isinstance(found["decoded"].train.images, FileImages)
    assert set(get_args(Access)) == {"auto", *WAYS}


@pytest.mark.usefixtures("number_of_threads")
@pytest.mark.parametrize("access", WAYS)
def test_batches_are_the_rows_asked_for_whoever_gathers_them(root: Path, access: Access) -> None:
    """The oracle reads each file by itself."""
    data = load(root, access)
    files = [path for name in ("cat", "dog") for path in sorted((root / "train" / name).iterdir())]
    parts = [torch.tensor(rows) for rows in ([3], [0, 5, 5, 1], list(range(19, -1, -1)), [7, 2], [19])]
    with data.to(CPU, data.train).batches(parts) as found:
        for rows, (images, labels) in zip(parts, found, strict=True):
            expected = np.stack([read_pixels(files[row], *SHAPE) for row in rows.tolist()])
            assert np.array_equal(images.permute(0, 2, 3, 1).numpy(), expected)
            assert images.is_contiguous(memory_format=torch.channels_last)
            assert labels.tolist() == [int(row >= 10) for row in rows.tolist()]
    alone, _ = data.to(CPU, data.train).batch(parts[1])
    assert np.array_equal(alone.permute(0, 2, 3, 1).numpy(), data.train.images[parts[1].numpy()])


def test_mean_deviation_split_and_test_split_are_the_same_in_each_way(root: Path) -> None:
    found = [load(root, access) for access in WAYS]
    assert len({(data.mean, data.std, data.shape, data.split_fingerprint) for data in found}) == 1
    test = load_test(DataConfig("image_folder", validation=0.2), directory=root)
    assert test.read()[0].shape == (4, *SHAPE)


@settings(max_examples=30)
@given(rows=st.one_of(st.lists(st.integers(-20, 19), max_size=6), st.integers(-20, 19), st.slices(20)))
def test_files_are_indexed_like_the_array_of_their_pixels(files_and_pixels: tuple, rows: object) -> None:
    files, pixels = files_and_pixels
    chosen = np.array(rows, np.int64) if isinstance(rows, list) else rows
    assert np.array_equal(files[chosen], pixels[chosen])
    assert (len(files), files.shape, files.nbytes) == (len(pixels), pixels.shape, pixels.nbytes)


@pytest.fixture(scope="module")
def files_and_pixels(root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple:
    config, cache = DataConfig("image_folder"), tmp_path_factory.mktemp("cache")
    return tuple(
        load_data(config, directory=root, cache=cache, access=access).train.images
        for access in ("decoded", "streamed")
    )


@pytest.mark.parametrize("access", WAYS[1:])
def test_whoever_leaves_in_the_middle_leaves_no_thread(
    root: Path, access: Access, threads: Callable[[], int]
) -> None:
    data = load(root, access)
    parts = list(torch.arange(20).split(2))

    def leave() -> None:
        with data.to(CPU, data.train).batches(parts) as found:
            next(found)
            assert threads() > 0
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        leave()
    assert threads() == 0


def test_only_so_many_batches_are_in_memory_as_are_said(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = load(root, "streamed")
    begun: list[int] = []
    begin = Streamed._begin

    def counted(way: Streamed, pool: object, rows: torch.Tensor) -> object:
        begun.append(len(rows))
        return begin(way, pool, rows)

    monkeypatch.setattr(Streamed, "_begin", counted)
    with data.to(CPU, data.train).batches(list(torch.arange(20).split(2))) as found:
        for taken, _ in enumerate(found, start=1):
            assert len(begun) == min(10, taken + batches.AHEAD)


def test_rows_that_are_not_there_are_an_error_in_each_way(root: Path) -> None:
    for access in WAYS:
        data = load(root, access)
        with pytest.raises(IndexError):
            data.to(CPU, data.train).batch(torch.tensor([0, 20]))


def test_a_file_that_is_gone_or_damaged_since_is_named_in_one_sentence(tmp_path: Path) -> None:
    data = load(fill(tmp_path), "decoded")
    (tmp_path / "train" / "cat" / "04.jpg").write_bytes(b"no image")
    (tmp_path / "train" / "dog" / "03.png").unlink()
    for row, said in ((2, r"cat/04\.jpg is no image, but"), (11, r"dog/03\.png is not there, but")):
        with pytest.raises(DataError, match=said) as caught:
            data.to(CPU, data.train).batch(torch.tensor([0, row]))
        assert "\n" not in str(caught.value)
    assert len(data.to(CPU, data.train).batch(torch.tensor([0, 1]))[0]) == 2


def test_unreadable_files_are_all_named_before_anything_is_trained(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (fill(tmp_path) / "train" / "cat" / name).write_bytes(b"no image")
    with pytest.raises(DataError, match=r"2 files in .* cannot be read"):
        load(tmp_path, "decoded")


def test_what_fits_no_disk_is_decoded_on_the_fly_and_stays_so(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = DataConfig("image_folder", validation=0.2)
    monkeypatch.setattr("search.training.data.access.MOST_BYTES", COUNT * 7 * 7 * 3 - 1)
    data = load_data(config, directory=root, cache=tmp_path)
    assert isinstance(data.train.images, FileImages)
    assert data.notes[-1] == f"images: 0.0 MB, decoded on the fly from {root}/train"
    assert not list(tmp_path.glob("images/*/*.images.npy"))
    monkeypatch.undo()
    entry = Path(str(data.train.images.filename)).parent.name
    again = load_data(config, directory=None, cache=tmp_path, entry=entry)
    assert isinstance(again.train.images, FileImages)
    insisted = load_data(config, directory=root, cache=tmp_path, access="streamed")
    assert isinstance(insisted.train.images, np.memmap)


def test_images_that_are_decoded_on_the_fly_are_found_after_their_folder_was_moved(tmp_path: Path) -> None:
    root = fill(tmp_path / "old")
    config = DataConfig("image_folder", validation=0.2)
    before = load_data(config, directory=root, cache=tmp_path / "cache", access="decoded").train.images
    pixels = before[0]
    moved = root.rename(tmp_path / "new")
    after = load_data(config, directory=moved, cache=tmp_path / "cache", access="decoded").train.images
    assert isinstance(after, FileImages)
    assert np.array_equal(after[0], pixels)


@pytest.mark.parametrize("access", ["auto", "decoded"])
def test_a_folder_whose_name_is_not_utf8_has_images_like_any_other(tmp_path: Path, access: Access) -> None:
    root = fill(tmp_path / os.fsdecode(b"b\xfccher"))
    config = DataConfig("image_folder", validation=0.2)
    found = load_data(config, directory=root, cache=tmp_path / "cache", access=access)
    assert found.train.images[0].shape == found.train.images.shape[1:]


def test_what_fits_the_disk_exactly_is_decoded_once(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.training.data.access.MOST_BYTES", COUNT * 7 * 7 * 3)
    data = load_data(DataConfig("image_folder"), directory=root, cache=tmp_path)
    assert isinstance(data.train.images, np.memmap)


def test_a_search_decodes_what_an_earlier_one_has_left_in_its_files_where_it_fits(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`auto` does what it would have done in a fresh cache; nobody who only looks at images decodes them for that."""
    shares = iter((0.2, 0.25, 0.3, 0.35, 0.4))  # a process remembers the last sets that it was asked for

    def kind(access: Access | None) -> type:
        config = DataConfig("image_folder", validation=next(shares))
        return type(load_data(config, directory=root, cache=tmp_path, access=access).train.images)

    assert kind("decoded") is FileImages
    monkeypatch.setattr("search.training.data.access.MOST_BYTES", COUNT * 7 * 7 * 3 - 1)
    assert kind("auto") is FileImages
    monkeypatch.undo()
    assert kind(None) is FileImages
    assert isinstance(
        load_test(DataConfig("image_folder"), directory=root, cache=tmp_path).images, FileImages
    )
    assert not list(tmp_path.glob("images/*/*.images.npy"))
    assert kind("auto") is np.memmap
    assert kind(None) is np.memmap


def test_what_fits_no_memory_is_streamed_and_said(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path))  # another test left these images in their files
    config = DataConfig("image_folder", validation=0.21)
    assert not any("images:" in note for note in load_data(config, directory=root).notes)
    monkeypatch.setattr("search.training.data.access.MEMORY_SHARE", 0.0)
    fresh = load_data(DataConfig("image_folder", validation=0.22), directory=root)
    assert isinstance(fresh.to(CPU, fresh.train), Streamed)
    assert fresh.notes[-1].startswith("images: 0.0 MB, streamed from ")


def test_images_in_no_files_cannot_be_decoded_from_them() -> None:
    with pytest.raises(DataError, match="the images of digits are in no files of their own"):
        load_data(DataConfig("digits"), access="decoded")


def test_batches_move_to_another_device() -> None:
    """It is played by the meta device."""
    data = load_data(DataConfig("digits"))
    way = Streamed(data.train.images, torch.from_numpy(data.train.labels), torch.device("meta"))
    images, labels = way.batch(torch.arange(3))
    assert images.device.type == labels.device.type == "meta"
    assert way.home == CPU

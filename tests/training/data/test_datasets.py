"""The contract of every data set that can be had without a network, and what `Data` gives to a trial."""

from __future__ import annotations

import pickle
import shutil
import socket
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torchvision import datasets as torchvision_datasets  # type: ignore[import-untyped]

from search.plan.trial_config import DataConfig
from search.training.data import Data, Resident, datasets, load_data, load_test
from search.training.errors import DataError

CPU = torch.device("cpu")


def write_idx(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    path.write_bytes(header + array.astype(np.uint8).tobytes())


def make_mnist(directory: Path, name: str = "MNIST") -> Path:
    random = np.random.default_rng(0)
    for prefix, count in (("train", 60), ("t10k", 20)):
        write_idx(
            directory / name / "raw" / f"{prefix}-images-idx3-ubyte", random.integers(0, 256, (count, 28, 28))
        )
        write_idx(directory / name / "raw" / f"{prefix}-labels-idx1-ubyte", np.arange(count) % 10)
    return directory


def make_folder(directory: Path) -> Path:
    random = np.random.default_rng(0)
    for split, count in (("train", 12), ("test", 4)):
        for label, name in enumerate(("cat", "dog")):
            folder = directory / split / name
            folder.mkdir(parents=True)
            for index in range(count):
                pixels = random.integers(0, 128, (9, 9, 3), dtype=np.uint8) + 100 * label
                Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{index}.png")
    return directory


def no_network(*_: object, **__: object) -> None:
    raise OSError("no route to host")


def make_cifar(directory: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> Path:
    """Write batches as torchvision reads them, and tell it their checksums."""
    known = {"cifar10": torchvision_datasets.CIFAR10, "cifar100": torchvision_datasets.CIFAR100}[name]
    key = "labels" if name == "cifar10" else "fine_labels"
    classes = 10 if name == "cifar10" else 100
    folder = directory / known.base_folder
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    for index, (file, _) in enumerate([*known.train_list, *known.test_list]):
        labels = [(index + i) % classes for i in range(2 * classes)]
        entry = {"data": random.integers(0, 256, (len(labels), 3072), dtype=np.uint8), key: labels}
        (folder / file).write_bytes(pickle.dumps(entry))
    meta = {known.meta["key"]: [f"class {i}" for i in range(classes)]}
    (folder / known.meta["filename"]).write_bytes(pickle.dumps(meta))
    for attribute in ("train_list", "test_list"):
        monkeypatch.setattr(known, attribute, [[file, None] for file, _ in getattr(known, attribute)])
    monkeypatch.setattr(known, "meta", {**known.meta, "md5": None})
    return directory


def make_csv(directory: Path) -> Path:
    """Write the images of `make_folder`, and a table that names them."""
    make_folder(directory)
    lines = [
        f"{path.relative_to(directory)},{path.parent.name},{path.parent.parent.name}"
        for path in sorted(directory.glob("*/*/*.png"))
    ]
    (directory / "labels.csv").write_text("\n".join(["path,label,split", *lines]))
    return directory


@pytest.fixture(
    params=["digits", "mnist", "fashion_mnist", "cifar10", "cifar100", "image_folder", "image_csv"]
)
def example(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, Path]:
    name: str = request.param
    makers = {
        "digits": lambda: tmp_path,
        "mnist": lambda: make_mnist(tmp_path),
        "fashion_mnist": lambda: make_mnist(tmp_path, "FashionMNIST"),
        "cifar10": lambda: make_cifar(tmp_path, monkeypatch, name),
        "cifar100": lambda: make_cifar(tmp_path, monkeypatch, name),
        "image_folder": lambda: make_folder(tmp_path),
        "image_csv": lambda: make_csv(tmp_path),
    }
    return name, makers[name]()


def named(name: str, **settings: Any) -> DataConfig:
    return DataConfig(name, file="labels.csv" if name == "image_csv" else None, **settings)


def test_every_built_in_set_is_under_contract(example: tuple[str, Path]) -> None:
    assert example[0] in datasets.names()
    assert len(datasets.names()) == 7


def test_splits_are_disjoint_stratified_and_in_range(example: tuple[str, Path]) -> None:
    name, directory = example
    data = load_data(named(name, validation=0.25), directory=directory)
    train, validation = data.train, data.validation
    assert not set(train.indices) & set(validation.indices)
    for split in (train, validation):
        images, labels = split.read()
        assert images.shape == (len(split), *data.shape[1:], data.shape[0])
        assert images.dtype == np.uint8
        assert set(labels) == set(range(len(data.classes)))
    shares = np.bincount(validation.read()[1]) / np.bincount(data.train.labels)
    assert shares == pytest.approx(0.25, abs=1 / np.bincount(data.train.labels).min())


def test_mean_and_deviation_are_those_of_the_training_split(example: tuple[str, Path]) -> None:
    name, directory = example
    data = load_data(named(name), directory=directory)
    pixels = data.train.read()[0] / 255
    assert data.mean == pytest.approx(pixels.mean(axis=(0, 1, 2)))
    assert data.std == pytest.approx(pixels.std(axis=(0, 1, 2)))


def test_the_split_follows_split_seed_only(example: tuple[str, Path]) -> None:
    name, directory = example
    first, again, other = (
        load_data(named(name, split_seed=seed), directory=directory).validation.indices for seed in (0, 0, 1)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_test_split_is_apart_and_its_own(example: tuple[str, Path]) -> None:
    name, directory = example
    test = load_test(named(name), directory=directory)
    data = load_data(named(name), directory=directory)
    assert test.images is not data.train.images
    assert set(test.read()[1]) == set(range(len(data.classes)))


def test_a_size_that_is_asked_for_is_the_size(example: tuple[str, Path]) -> None:
    name, directory = example
    assert load_data(named(name, size=12), directory=directory).shape[1:] == (12, 12)


def test_images_move_to_a_device_once_for_all_trials(example: tuple[str, Path]) -> None:
    name, directory = example
    data = load_data(named(name), directory=directory)
    assert load_data(named(name), directory=directory) is data
    resident = data.to(CPU, data.train)
    assert isinstance(resident, Resident)
    assert data.to(CPU, data.train) is resident
    assert data.to(CPU, data.validation) is resident  # one source, one copy
    assert (
        resident.images.data_ptr() == data.train.images.__array_interface__["data"][0]
    )  # the mapped file itself


def test_batches_are_the_rows_asked_for(example: tuple[str, Path]) -> None:
    name, directory = example
    data = load_data(named(name), directory=directory)
    rows = torch.from_numpy(data.validation.indices[:2])
    images, labels = data.to(CPU, data.validation).batch(rows)
    assert images.shape == (2, *data.shape)
    assert np.array_equal(images.permute(0, 2, 3, 1).numpy(), data.validation.read()[0][:2])
    assert np.array_equal(labels.numpy(), data.validation.read()[1][:2])


def test_another_cache_has_the_images_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept within a process is that of one cache: a search hands out the entry of its own."""
    for name in ("one", "two"):
        monkeypatch.setenv("WINNOW_CACHE", str(tmp_path / name))
        data = load_data(DataConfig("digits"))
        assert (tmp_path / name / "images" / f"digits-{data.fingerprint}").is_dir()


def test_digits_are_scikit_learns() -> None:
    data, test = load_data(DataConfig("digits")), load_test(DataConfig("digits"))
    ours = np.concatenate([data.train.images, test.images])
    reference = load_digits()
    assert len(ours) == 1797
    assert len(test) == 359
    assert sorted(map(bytes, np.rint(ours / 255 * 16).astype(np.uint8))) == sorted(
        map(bytes, reference.images.astype(np.uint8))
    )


def test_torchvision_sets_are_found_below_a_folder_of_their_name(tmp_path: Path) -> None:
    make_mnist(tmp_path / "mnist")
    assert load_data(DataConfig("mnist"), directory=tmp_path).shape == (1, 28, 28)


def test_mnist_is_what_torchvision_reads(tmp_path: Path) -> None:
    data = load_data(DataConfig("mnist"), directory=make_mnist(tmp_path))
    reference = torchvision_datasets.MNIST(tmp_path, train=True)
    assert np.array_equal(data.train.images[..., 0], reference.data.numpy())
    assert np.array_equal(data.train.labels, reference.targets.numpy())
    assert data.classes[:3] == ("zero", "one", "two")


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10", "cifar100"])
def test_without_a_network_the_error_says_which_files_to_put_where(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torchvision.datasets.mnist.download_and_extract_archive", no_network)
    monkeypatch.setattr("torchvision.datasets.cifar.download_and_extract_archive", no_network)
    with pytest.raises(DataError, match="could not be downloaded") as caught:
        load_data(DataConfig(name), directory=tmp_path)
    assert str(tmp_path / ("cifar-" if "cifar" in name else "")) in str(caught.value)
    assert "train" in str(caught.value) or "data_batch_1" in str(caught.value)


@pytest.mark.parametrize("name", ["mnist", "image_folder"])
def test_without_a_directory_the_error_says_so(name: str) -> None:
    with pytest.raises(DataError, match="--data-dir"):
        load_data(DataConfig(name))


@pytest.mark.parametrize("content", [b"", b"abc", b"\0\0\x08\x03" + b"\0\0\0\x05" * 3])
def test_an_idx_file_that_was_cut_short_is_named(content: bytes, tmp_path: Path) -> None:
    make_mnist(tmp_path)
    path = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte.*delete it"):
        load_data(DataConfig("mnist"), directory=tmp_path)


def test_an_unknown_set_is_told_the_nearest_name() -> None:
    with pytest.raises(KeyError, match="did you mean 'cifar10'"):
        load_data(DataConfig("cifr10"))


@pytest.mark.parametrize("colour", [0, 1, 50, 255])  # in floating point 1 has a deviation of 6e-11
def test_a_channel_of_one_colour_is_not_divided_by_zero(colour: int, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for index in range(4):
            Image.new("L", (8, 8), colour).save(tmp_path / name / f"{index}.png")
    assert load_data(DataConfig("image_folder"), directory=tmp_path).std == (1.0,)


def test_the_splits_fingerprint_tells_other_splits_and_survives_a_copy(tmp_path: Path) -> None:
    def load(directory: Path, **settings: int) -> Data:
        return load_data(DataConfig("image_folder", **settings), directory=directory)

    first = load(make_folder(tmp_path / "here"))
    copy = load(Path(shutil.copytree(tmp_path / "here", tmp_path / "there", copy_function=shutil.copyfile)))
    assert first.fingerprint != copy.fingerprint  # the times of the files are others
    assert first.split_fingerprint == copy.split_fingerprint
    (tmp_path / "there" / "train" / "cat" / "0.png").unlink()
    others = [
        load(tmp_path / "here", split_seed=1),
        load(tmp_path / "here", size=12),
        load(tmp_path / "there", size=9),
    ]
    assert len({data.split_fingerprint for data in (first, *others)}) == 4


def test_resizing_in_chunks_is_resizing_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = make_mnist(tmp_path)
    whole = load_data(DataConfig("mnist", size=12), directory=directory, cache=tmp_path / "one").train
    monkeypatch.setattr("search.training.data.resizing.BYTES_AT_ONCE", 4 * 7 * 12 * 12)
    chunks = load_data(DataConfig("mnist", size=12), directory=directory, cache=tmp_path / "two").train
    assert chunks.images is not whole.images
    assert np.array_equal(chunks.images, whole.images)


def test_a_network_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.training.data.torchvision_sets.NETWORK_TIMEOUT", 0.05)
    monkeypatch.setattr(
        "urllib.request._opener", None
    )  # it remembers the proxies of the process's first look
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{silent.getsockname()[1]}")
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        with pytest.raises(DataError, match="timed out"):
            load_data(DataConfig("mnist"), directory=tmp_path)
    assert socket.getdefaulttimeout() is None


@pytest.mark.parametrize(
    ("name", "archive"), [("mnist", "t10k-labels-idx1-ubyte.gz"), ("cifar10", "python.tar.gz")]
)
def test_what_is_missing_may_be_put_there_as_it_is_published(
    name: str, archive: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torchvision.datasets.utils._urlretrieve", no_network)
    monkeypatch.setattr("torchvision.datasets.utils._get_redirect_url", no_network)
    with pytest.raises(DataError, match=archive) as caught:
        load_data(DataConfig(name), directory=tmp_path / name)
    published = [
        Path(line.strip())
        for line in str(caught.value).partition("as they are published")[2].splitlines()[1:]
    ]
    known = {"mnist": torchvision_datasets.MNIST, "cifar10": torchvision_datasets.CIFAR10}[name]
    names = [file for file, _ in known.resources] if name == "mnist" else [known.filename]
    assert [path.name for path in published] == names
    folder = tmp_path / name / "MNIST" / "raw" if name == "mnist" else tmp_path / name
    assert {path.parent for path in published} == {folder}


def test_data_holds_no_test_images(tmp_path: Path) -> None:
    data = load_data(DataConfig("image_folder"), directory=make_folder(tmp_path))
    assert isinstance(data, Data)
    assert len(data.train) + len(data.validation) == 24

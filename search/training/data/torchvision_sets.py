"""MNIST, Fashion-MNIST, CIFAR-10 and CIFAR-100 as torchvision knows them, from the user's directory.

LeCun et al. 1998; Xiao et al. 2017; Krizhevsky 2009. torchvision is imported only where images are decoded or
downloaded: that takes 4 s here, and a trial whose images are in the cache needs none of it.
"""

from __future__ import annotations

import math
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any

import numpy as np

from search.plan.trial_config import DataConfig
from search.training.cache_folder import locked
from search.training.data.registry import datasets
from search.training.data.resizing import write_split
from search.training.data.source import Contents, Source, Writer, file_identity
from search.training.errors import DataError

IDX_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
CIFAR10_FILES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch", "batches.meta")

NETWORK_TIMEOUT = 20.0
"""Seconds without an answer; a firewall that drops packets would hold up each of MNIST's mirrors for 130."""


@dataclass(frozen=True)
class TorchvisionSet:
    """A class of `torchvision.datasets`, the files that it reads, and the archives that it unpacks to them.

    Both are relative to its root.
    """

    class_name: str
    files: tuple[str, ...]
    archives: tuple[str, ...]


def _idx_set(class_name: str) -> TorchvisionSet:
    files = tuple(f"{class_name}/raw/{name}" for name in IDX_FILES)
    return TorchvisionSet(class_name, files, tuple(f"{name}.gz" for name in files))


def _cifar(class_name: str, folder: str, names: tuple[str, ...], archive: str) -> TorchvisionSet:
    return TorchvisionSet(class_name, tuple(f"{folder}/{name}" for name in names), (archive,))


SETS = {
    "mnist": _idx_set("MNIST"),
    "fashion_mnist": _idx_set("FashionMNIST"),
    "cifar10": _cifar("CIFAR10", "cifar-10-batches-py", CIFAR10_FILES, "cifar-10-python.tar.gz"),
    "cifar100": _cifar("CIFAR100", "cifar-100-python", ("train", "test", "meta"), "cifar-100-python.tar.gz"),
}


@datasets.register("mnist")
def mnist(config: DataConfig, directory: Path | None) -> Source:
    """70,000 handwritten digits of 28×28 grey pixels (LeCun et al. 1998), downloaded where missing."""
    return _source(config, directory)


@datasets.register("fashion_mnist")
def fashion_mnist(config: DataConfig, directory: Path | None) -> Source:
    """70,000 pieces of clothing of 28×28 grey pixels (Xiao et al. 2017), downloaded where missing."""
    return _source(config, directory)


@datasets.register("cifar10")
def cifar10(config: DataConfig, directory: Path | None) -> Source:
    """60,000 photographs of 32×32 pixels in 10 classes (Krizhevsky 2009), downloaded where missing."""
    return _source(config, directory)


@datasets.register("cifar100")
def cifar100(config: DataConfig, directory: Path | None) -> Source:
    """60,000 photographs of 32×32 pixels in 100 classes (Krizhevsky 2009), downloaded where missing."""
    return _source(config, directory)


def _source(config: DataConfig, directory: Path | None) -> Source:
    if directory is None:
        raise DataError(
            f"{config.name} needs the directory where its files lie or are downloaded to: --data-dir DIR"
        )
    known = SETS[config.name]
    root = _find_root(known, config.name, directory) or _download(known, config.name, directory)
    for name in known.files:
        _check_idx(root / name)
    identity = {"files": [file_identity(root / name, root) for name in known.files], "size": config.size}
    return Source(config.name, identity, partial(_decode, known, root, config.size))


def _find_root(known: TorchvisionSet, name: str, directory: Path) -> Path | None:
    """Return torchvision's root: the directory itself or the folder of the set's name in it."""
    for root in (directory, directory / name):
        if all((root / file).is_file() for file in known.files):
            return root
    return None


def _download(known: TorchvisionSet, name: str, directory: Path) -> Path:
    """Download into the directory, one process at a time; archives that lie there already are only unpacked."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with locked(directory / f".{name}.lock"):
            if found := _find_root(known, name, directory):
                return found
            with _patience(NETWORK_TIMEOUT):
                _torchvision_class(known)(directory, download=True)
    except (OSError, EOFError, RuntimeError, HTTPException) as error:
        raise DataError(_missing(known, name, directory, error)) from error
    return directory


@contextmanager
def _patience(seconds: float) -> Iterator[None]:
    """Give up on a silent server; torchvision's downloads name no time, and Python's default is for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _missing(known: TorchvisionSet, name: str, directory: Path, error: Exception) -> str:
    reason = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
    files, archives = (
        "\n".join(f"  {directory / file}" for file in group) for group in (known.files, known.archives)
    )
    return (
        f"{name} is not in {directory} and could not be downloaded ({reason}). Put these files there:\n{files}\n"
        f"or as they are published, to be unpacked here:\n{archives}"
    )


def _check_idx(path: Path) -> None:
    """Refuse an IDX file that was cut short; torchvision believes it, and CIFAR's files have checksums.

    The header is four bytes, the last of them the number of dimensions, then each dimension as a big-endian
    32-bit number (http://yann.lecun.com/exdb/mnist, "THE IDX FILE FORMAT").
    """
    if not path.name.endswith("-ubyte"):
        return
    with path.open("rb") as handle:
        header = handle.read(16)
    dimensions = header[3] if len(header) > 3 else 0
    if len(header) < 4 + 4 * dimensions or not dimensions:
        raise DataError(f"{path} is no IDX file; delete it to have it downloaded again")
    expected = 4 + 4 * dimensions + math.prod(struct.unpack_from(f">{dimensions}I", header, 4))
    if path.stat().st_size != expected:
        raise DataError(
            f"{path} has {path.stat().st_size:,} bytes, but its header promises {expected:,}; "
            "delete it to have it downloaded again"
        )


def _decode(known: TorchvisionSet, root: Path, size: int | None, writer: Writer) -> Contents:
    for split, train in (("train", True), ("test", False)):
        try:
            part = _torchvision_class(known)(root, train=train)
        except RuntimeError as error:
            raise DataError(
                f"the files of {known.class_name} in {root} are damaged, by their checksums; delete them to have "
                "them downloaded again"
            ) from error
        images = np.asarray(part.data, dtype=np.uint8)
        images = images if images.ndim == 4 else images[..., None]
        write_split(writer, split, images, np.asarray(part.targets, dtype=np.int64), side=size)
        classes = tuple(str(name).split(" - ")[-1] for name in part.classes)
    return Contents(classes)


def _torchvision_class(known: TorchvisionSet) -> Any:
    # Late: see the head of this module.
    from torchvision import datasets as published  # type: ignore[import-untyped]  # noqa: PLC0415

    return getattr(published, known.class_name)

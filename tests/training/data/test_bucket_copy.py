"""Images in a bucket are copied once, and from then on only what changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from search.plan.trial_config import DataConfig
from search.training.bucket import Bucket, copy_down
from search.training.data import load_data
from search.training.data.bucket_copy import local_folder
from search.training.data.dataset import _load
from search.training.errors import DataError
from tests.buckets import Buckets, server

__all__ = ["server"]


def image(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)).save(path)
    return path


def test_images_of_a_bucket_are_those_of_a_folder(server: Buckets, tmp_path: Path) -> None:
    there = Bucket("s3://runs/animals")
    for label in ("cat", "dog"):
        for seed in range(6):
            path = image(tmp_path / "own" / label / f"{seed}.png", seed)
            there.upload(path, f"{label}/{seed}.png")
    own = load_data(DataConfig("image_folder"), directory=tmp_path / "own", cache=tmp_path / "cache")
    copied = load_data(DataConfig("image_folder"), directory="s3://runs/animals/", cache=tmp_path / "cache")
    assert copied.split_fingerprint == own.split_fingerprint
    assert np.array_equal(copied.train.images, own.train.images)
    _load.cache_clear()  # as another process
    elsewhere = load_data(DataConfig("image_folder"), directory="s3://runs/animals", cache=tmp_path / "other")
    assert elsewhere.fingerprint == copied.fingerprint, "another machine would decode another set"


def test_only_what_changed_is_fetched_again(server: Buckets, tmp_path: Path) -> None:
    there, folder = Bucket("s3://runs/changing"), tmp_path / "copy"
    there.write("a/one", b"1")
    there.write("b", b"2")
    there.write("c.skipped", b"3")

    def copied() -> int:
        return copy_down(there, folder, wanted=lambda name: not name.endswith(".skipped"))

    assert copied() == 2
    assert copied() == 0
    there.write("b", b"22")
    there.delete("a/one")
    there.delete("a/one")
    assert copied() == 1
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["b"]
    assert (folder / "b").read_bytes() == b"22"


@pytest.mark.parametrize("name", ["../x", "a/../../x", "a//b", "./a", "/x"])
def test_an_object_whose_name_leads_out_of_the_folder_is_refused(
    server: Buckets, name: str, tmp_path: Path
) -> None:
    prefix = f"odd/{name.encode().hex()}"
    server.put(f"{prefix}/a", b"1")
    server.put(f"{prefix}/{name}", b"2")
    with pytest.raises(OSError, match="the name of a file is expected, but an object is named"):
        copy_down(Bucket(f"s3://runs/{prefix}"), tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_name_is_none(server: Buckets) -> None:
    for name in ("../x", "./x", "/x", "a/x", "1..2/x", "b"):
        server.put(f"folders/{name}", b"1")
    assert Bucket("s3://runs/folders").folders() == ["1..2", "a"]


def test_an_empty_prefix_and_a_server_out_of_reach_are_said(
    server: Buckets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="s3://runs/nothing: there is no object below that prefix"):
        local_folder("s3://runs/nothing", tmp_path)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(DataError, match="s3://runs/nothing cannot be copied into"):
        local_folder("s3://runs/nothing", tmp_path)

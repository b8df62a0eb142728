"""A run that comes home from a bucket stays known as a copy, whatever cuts it short."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from search.cluster.errors import ClusterError
from search.cluster.fetch_bucket import fetch_bucket
from search.runs.bucket_lease import BucketLease
from search.runs.layout import RunLayout
from search.runs.lease import Origin, origin_of, write_origin
from search.training.bucket import Bucket
from tests.buckets import Buckets, server

__all__ = ["server"]

ADDRESS = "s3://runs/home/tiny"


def test_a_copy_keeps_its_origin_and_what_was_made_of_it_when_it_is_cut_short(
    server: Buckets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Bucket(ADDRESS).write("plan.yaml", b"name: tiny\n")
    layout = RunLayout(tmp_path / "tiny")
    fetch_bucket(ADDRESS, layout.root)
    layout.requests.mkdir()
    bundle = layout.winner / "trial-7" / "config.json"
    bundle.parent.mkdir(parents=True)
    bundle.write_text("{}")
    (layout.requests / "1.json").write_text("{}")
    Bucket(ADDRESS).write("images.json", b"{}")

    def cut(bucket: Bucket, name: str, path: Path) -> None:
        raise OSError("the bucket is out of reach")

    with monkeypatch.context() as patch:
        patch.setattr(Bucket, "download", cut)
        with pytest.raises(OSError, match="out of reach"):
            fetch_bucket(ADDRESS, layout.root)
    origin = origin_of(layout)
    assert origin is not None
    assert origin.run == ADDRESS
    assert (layout.requests / "1.json").is_file()
    fetch_bucket(ADDRESS, layout.root)
    assert layout.images.is_file()
    assert bundle.is_file(), "what was exported from a copy was deleted"


def test_weights_that_were_brought_stay_when_a_later_look_brings_none(
    server: Buckets, tmp_path: Path
) -> None:
    bucket, weights = Bucket("s3://runs/weights/tiny"), "trials/00000/checkpoint-3.pt"
    bucket.write("plan.yaml", b"name: tiny\n")
    bucket.write(weights, b"weights")
    fetch_bucket(bucket.address, tmp_path / "tiny")
    assert not (tmp_path / "tiny" / weights).exists()
    fetch_bucket(bucket.address, tmp_path / "tiny", weights=True)
    fetch_bucket(bucket.address, tmp_path / "tiny")
    assert (tmp_path / "tiny" / weights).read_bytes() == b"weights"


def test_another_run_of_that_name_is_left_alone(server: Buckets, tmp_path: Path) -> None:
    Bucket(ADDRESS).write("plan.yaml", b"name: tiny\n")
    (tmp_path / "tiny").mkdir()
    with pytest.raises(ClusterError, match="another run of that name is here already"):
        fetch_bucket(ADDRESS, tmp_path / "tiny")


def test_a_bundle_of_the_bucket_is_not_mixed_with_an_older_one_of_its_name(
    server: Buckets, tmp_path: Path
) -> None:
    bucket, layout = Bucket("s3://runs/bundles/tiny"), RunLayout(tmp_path / "tiny")
    bucket.write("plan.yaml", b"name: tiny\n")
    fetch_bucket(bucket.address, layout.root)
    mine = (
        "trial-7/model.pte",
        "trial-7/SHA256SUMS",
        "trial-8/SHA256SUMS",
        "trial-9/config.json",
        "ensemble.json",
    )
    being_made, killed = (
        ".trial-7.0a1b2c3d.partial/config.json",
        ("trial-8/.x.7-ab.partial", ".y.7-ab.partial"),
    )
    gone = ("confirmation/trials/0/trial.json",)
    for name in (*mine, being_made, *killed, *gone):
        (layout.winner / name).parent.mkdir(parents=True, exist_ok=True)
        (layout.winner / name).write_text("here")
    for name in ("trial-7/config.json", "trial-7/SHA256SUMS", "trial-9/model.onnx"):
        bucket.write(f"winner/{name}", b"there")
    fetch_bucket(bucket.address, layout.root)
    left = {path.relative_to(layout.winner).as_posix() for path in layout.winner.rglob("*") if path.is_file()}
    brought = {"trial-7/config.json", "trial-7/SHA256SUMS", "trial-9/model.onnx"}
    assert left == (set(mine) | brought | {being_made}) - {"trial-7/model.pte"}
    assert (layout.winner / "trial-7/SHA256SUMS").read_text() == "there"


def test_a_copy_says_itself_where_it_is_from(server: Buckets, tmp_path: Path) -> None:
    """What another machine noted for itself would make this one print a command of its author's choice."""
    bucket, layout = Bucket("s3://runs/foreign/tiny"), RunLayout(tmp_path / "tiny")
    bucket.write("plan.yaml", b"name: tiny\n")
    theirs = Origin("/x; rm -rf ~", "far", "c.yaml", 1.0, None)
    write_origin(RunLayout(tmp_path), theirs)
    for folder in ("", "winner/confirmation/"):
        bucket.upload(tmp_path / "fetched.json", f"{folder}fetched.json")
        for name in (".published.json", "driver.json", "driver.lock"):
            server.put(f"foreign/tiny/{folder}{name}", b"{}")
    fetch_bucket(bucket.address, layout.root)
    origin = origin_of(layout)
    assert origin is not None
    assert origin.run == bucket.address
    assert sorted(path.name for path in layout.root.rglob("*") if path.is_file()) == [
        "fetched.json",
        "plan.yaml",
    ]


def test_a_driver_that_was_killed_is_not_said_to_drive_for_ever(
    server: Buckets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = Bucket("s3://runs/killed/tiny")
    bucket.write("plan.yaml", b"name: tiny\n")
    monkeypatch.setattr("search.runs.bucket_lease.SETTLE", 0.0)
    BucketLease(bucket, "a copy").claim()
    found = fetch_bucket(bucket.address, tmp_path / "tiny")
    assert found.driver is not None
    assert found.driver.process == os.getpid()
    monkeypatch.setattr("search.runs.bucket_lease.PUBLISHED", 0.0)  # so long ago was its last sign of life
    assert fetch_bucket(bucket.address, tmp_path / "tiny").driver is None
    origin = origin_of(RunLayout(tmp_path / "tiny"))
    assert origin is not None
    assert origin.driver is None

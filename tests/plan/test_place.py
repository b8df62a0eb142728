"""A bucket's address is told from a folder's path, and read."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.plan.place import in_bucket, is_plain, place, prefix


@pytest.mark.parametrize(
    ("text", "bucket"), [("s3://a/b", True), ("s3/a", False), ("./s3:/a", False), ("", False)]
)
def test_a_bucket_is_told_from_a_folder(text: str, bucket: bool) -> None:
    assert in_bucket(text) is bucket
    assert place(text) == (text if bucket else Path(text))


@pytest.mark.parametrize(("address", "found"), [("s3://a", "a"), ("s3://a/b/c/", "a/b/c")])
def test_the_bucket_and_the_prefix_are_found(address: str, found: str) -> None:
    assert prefix(address) == found


@pytest.mark.parametrize("address", ["s3://", "s3:///"])
def test_an_address_without_a_bucket_is_refused(address: str) -> None:
    with pytest.raises(OSError, match=f"{address}: s3://bucket/prefix is expected"):
        prefix(address)


@pytest.mark.parametrize(
    "address", ["s3://a/..", "s3://a/../b/c", "s3://a/./b/", "s3://a//b", "s3://..", "s3://a\0"]
)
def test_an_address_in_which_a_part_is_no_name_is_refused(address: str) -> None:
    with pytest.raises(OSError, match="names between slashes are expected"):
        prefix(address)


@pytest.mark.parametrize("name", ["../x", "a/../../x", "", "a//b", "./a", "a\0", "/a"])
def test_a_name_that_leads_out_of_a_folder_is_told(name: str) -> None:
    assert not is_plain(name)
    assert is_plain("train/cat/1..2.png")

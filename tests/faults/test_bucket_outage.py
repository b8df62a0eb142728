"""A bucket that is gone for a minute while a search runs: nothing stops, and all of it is there afterwards."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from search.runs.local_copy import local_root, read_copy
from search.training.bucket import Bucket
from tests.buckets import buckets
from tests.faults.searches import done, living, medium_space
from tests.faults.whole import assert_whole

pytestmark = [pytest.mark.timeout(1800), pytest.mark.slow]


def test_a_bucket_is_gone_for_a_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path / "cache"))
    address = "s3://runs/team/digits"
    space = medium_space(tmp_path, trials=12, epochs=27)
    with buckets(monkeypatch) as server:
        words = ("run", "--local", "--space", space, "--runs-dir", "s3://runs/team")
        with living(*words, folder=tmp_path) as search:
            search.until("something is published", lambda: Bucket(address).find("study.journal"))
            server.away()
            began = time.monotonic()
            search.until("the outage is noticed", lambda: f"{address} is out of reach" in search.out)
            time.sleep(max(0.0, 60 - (time.monotonic() - began)))
            server.back()
            ended = search.wait()
        sys.stdout.write(ended.out)
        assert ended.code == 0, ended.err
        assert f"{address} is back after" in ended.out
        root = local_root(address)
        assert_whole(root, trials=12)
        copy = read_copy(root)
        assert copy is not None
        there = Bucket(address).objects()
        assert {name: stand[2] for name, stand in copy.files.items()} == {
            name: found.size for name, found in there.items() if name != "publisher.json"
        }
        monkeypatch.setenv("WINNOW_CACHE", str(tmp_path / "elsewhere"))
        looked = done("status", address, "--json", folder=tmp_path)
        assert json.loads(looked.out)["driver"] is None
        more = done("resume", address, "--trials", "+2", folder=tmp_path)
        assert more.code == 0, more.err
        assert_whole(local_root(address), trials=14)

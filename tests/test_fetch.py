"""`search.fetch --watch` goes on as long as the search does, whatever is out of reach meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from search import fetch
from search.cluster.errors import LinkLost
from search.cluster.fetch_ssh import Fetched
from search.runs.lease import Holder

DRIVER = Holder("head", 7, 1.0, 2.0)


@pytest.mark.parametrize(
    "outage", [OSError("the bucket is out of reach"), LinkLost("the head does not answer")]
)
def test_an_outage_does_not_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], outage: Exception
) -> None:
    home = tmp_path / "mine"
    once, twice = Fetched(home, 9, DRIVER), Fetched(home, 5, DRIVER)
    looks = iter([once, outage, outage, twice, outage, Fetched(home, 3, None)])

    def look(*_: object, **__: object) -> Fetched:
        found = next(looks)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(fetch, "fetch_bucket", look)
    monkeypatch.setattr(fetch, "EVERY", 0.0)
    assert fetch.main(["s3://team/mine", "--watch", "--runs-dir", str(tmp_path)]) == 0
    assert next(looks, None) is None
    said = capsys.readouterr()
    assert len(said.out.splitlines()) >= 3
    assert said.err.count(str(outage)) == 2, "each outage is said, but not at every try"

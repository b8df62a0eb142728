"""What keeps a run at home up to date goes on after an error of this machine's own disk, and says it once."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from search.cluster import homing
from search.cluster.fetch_ssh import Fetched
from search.cluster.homing import Homing
from tests.waiting import wait_until


class FullDisk:
    """Two calls find no room, all others bring what is there."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, link: object, run: str, folder: Path, *, cluster: str) -> Fetched:
        self.calls += 1
        if self.calls <= 2:
            raise OSError(28, "No space left on device")
        return Fetched(folder, 1, None)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> FullDisk:
    def linked(login: object) -> AbstractContextManager[None]:
        return nullcontext()

    full = FullDisk()
    monkeypatch.setattr(homing, "Link", linked)
    monkeypatch.setattr(homing, "fetch_ssh", full)
    return full


def coming(folder: Path, said: list[str]) -> Homing:
    return Homing(None, "/there/mine", folder, cluster="c.yaml", say=said.append, every=0.01)  # type: ignore[arg-type]


def test_a_full_disk_is_said_once_and_the_run_comes_home_when_there_is_room(
    disk: FullDisk, tmp_path: Path
) -> None:
    said: list[str] = []
    with coming(tmp_path, said) as home:
        wait_until(lambda: home.last is not None, what="the run is home")
    assert said == ["[Errno 28] No space left on device"]
    assert disk.calls >= 3


def test_the_last_look_of_a_search_that_succeeded_does_not_fail_it(disk: FullDisk, tmp_path: Path) -> None:
    said: list[str] = []
    assert coming(tmp_path, said).once() is None
    assert said == ["[Errno 28] No space left on device"]

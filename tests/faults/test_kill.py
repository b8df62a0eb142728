"""`kill -9` at any instant loses at most the epoch in flight (issue 2, "Must reach")."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from tests.faults.searches import (
    Living,
    done,
    gone,
    living,
    medium_space,
    opened,
    reports,
    small_space,
    wait_until,
)
from tests.faults.whole import assert_whole

TRIALS, EPOCHS = 10, 9


def resumed(root: Path) -> tuple[str, str]:
    return "resume", str(root)


def kill_worker(search: Living, choose: random.Random) -> None:
    """Kill one of the processes that train."""
    choose.choice(search.until("a worker", lambda: search.workers)).kill()


def after_more_reports(search: Living, root: Path, count: int, before: int) -> None:
    search.until(f"{count} more epochs", lambda: reports(root) >= before + count)


def test_a_search_outlives_a_killed_worker_a_killed_driver_and_the_death_of_all(tmp_path: Path) -> None:
    """One of each kind over one search; the driver needs no help when a worker dies."""
    root = tmp_path / "runs" / "digits"
    space = small_space(tmp_path, trials=TRIALS, epochs=EPOCHS)
    with living("run", "--space", space, "--runs-dir", str(tmp_path / "runs"), folder=tmp_path) as search:
        after_more_reports(search, root, 3, 0)
        victim = search.until("a worker", lambda: search.workers)[0]
        victim.kill()
        search.until("a crashed stint", lambda: _endings(root).count("crashed") == 1)
        before = reports(root)
        after_more_reports(search, root, 2, before)
        services = _services(search.family)
        search.kill()
        wait_until("Ray's services and workers have died with the driver", lambda: gone(services))
    before = reports(root)
    with living(*resumed(root), folder=tmp_path) as search:
        after_more_reports(search, root, 2, before)
        search.kill_all()
    ended = done(*resumed(root), folder=tmp_path)
    assert ended.code == 0, ended.err
    run = assert_whole(root, trials=TRIALS)
    endings = [stint.ending for trial in run.trials for stint in trial.record.stints]
    assert endings.count("crashed") == 1
    assert "orphaned" in endings


def test_what_a_killed_driver_leaves_of_ray_is_gone_after_the_next_start(tmp_path: Path) -> None:
    """Two agents of Ray's outlive a killed driver for a minute, its folder for ever."""
    root = tmp_path / "runs" / "digits"
    space = small_space(tmp_path, trials=3, epochs=EPOCHS)
    with living("run", "--space", space, "--runs-dir", str(tmp_path / "runs"), folder=tmp_path) as search:
        after_more_reports(search, root, 1, 0)
        family = search.family
        search.kill()
        assert done(*resumed(root), folder=tmp_path).code == 0
        wait_until("nothing of the killed search lives", lambda: gone(family))
    assert_whole(root, trials=3)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_ten_kills_at_random_instants_lose_and_double_nothing(tmp_path: Path) -> None:
    choose = random.Random(20)
    root, trials = tmp_path / "runs" / "digits", 30
    space = medium_space(tmp_path, trials=trials, epochs=EPOCHS)
    first = ("run", "--space", space, "--runs-dir", str(tmp_path / "runs"), "--name", "digits")
    kinds = ["driver", "worker", "all"] * 3 + ["all"]
    choose.shuffle(kinds)
    with ExitStack() as searches:
        while kinds:
            words = resumed(root) if root.exists() else first
            search = searches.enter_context(living(*words, folder=tmp_path))
            while kinds and _killed(search, root, kinds.pop(), choose) == "worker":
                pass  # the search goes on by itself
        search.kill_all()
        ended = done(*resumed(root), folder=tmp_path)
    assert ended.code == 0, ended.err
    assert_whole(root, trials=trials)


def _killed(search: Living, root: Path, kind: str, choose: random.Random) -> str:
    """Kill at a random instant; return what was killed."""
    _until_random_instant(search, root, choose)
    if kind == "worker":
        kill_worker(search, choose)
    elif kind == "driver":
        search.kill()
    else:
        search.kill_all()
    return kind


def _until_random_instant(search: Living, root: Path, choose: random.Random) -> None:
    """Wait for some epochs and a moment more; sometimes for none, so that the start is hit, too."""
    before = reports(root)
    count = choose.choice([0, 1, 2, 3, 4, 5])
    if count:
        search.until(f"{count} more epochs", lambda: reports(root) >= before + count)
    time.sleep(choose.uniform(0, 0.3 if count else 10))


def _services(family: list[psutil.Process]) -> list[psutil.Process]:
    """Return Ray's services and workers; its two agents are the next start's to end."""
    return [process for process in family if "Agent" not in process.name()]


def _endings(root: Path) -> list[str | None]:
    run = opened(root)
    return [stint.ending for trial in (run.trials if run else []) for stint in trial.record.stints]

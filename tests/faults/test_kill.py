"""`kill -9` at any instant loses at most the epoch in flight (issue 2, "Must reach")."""

from __future__ import annotations

import json
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
)
from tests.faults.whole import assert_whole
from tests.leftovers import folders
from tests.waiting import wait_until

TRIALS, EPOCHS = 12, 9

pytestmark = pytest.mark.timeout(1200)


def resumed(root: Path) -> tuple[str, str]:
    return "resume", str(root)


def kill_worker(search: Living, choose: random.Random) -> None:
    """Kill one of the processes that train."""
    choose.choice(search.until("a worker", lambda: search.workers)).kill()


def after_more_reports(search: Living, root: Path, count: int) -> None:
    """Wait until some more epochs are recorded."""
    before = reports(root)
    search.until(f"{count} more epochs", lambda: reports(root) >= before + count)


def services_of(search: Living) -> list[psutil.Process]:
    """Return Ray's services and workers, without its two agents: those are the next start's to end."""
    return [process for process in search.family if "Agent" not in process.name()]


def only_json(search: Living) -> bool:
    """Return whether a living search has printed nothing but JSON lines."""
    whole = search.out.splitlines(keepends=True)
    return not search.err and all(json.loads(line) for line in whole if line.endswith("\n"))


def endings(root: Path) -> list[str | None]:
    """Return how every stint of a run has ended."""
    run = opened(root)
    return [stint.ending for trial in (run.trials if run else []) for stint in trial.record.stints]


def test_a_search_outlives_a_killed_worker_a_killed_driver_and_the_death_of_all(tmp_path: Path) -> None:
    """One of each kind over one search; nothing of a killed driver's is left once the next one has started."""
    root = tmp_path / "runs" / "digits"
    space = medium_space(tmp_path, trials=TRIALS, epochs=EPOCHS)
    with ExitStack() as searches:
        words = ("run", "--space", space, "--runs-dir", str(tmp_path / "runs"), "--json")
        search = searches.enter_context(living(*words, folder=tmp_path))
        after_more_reports(search, root, 3)
        search.until("a worker", lambda: search.workers)[0].kill()
        search.until("a crashed stint", lambda: endings(root).count("crashed") == 1)
        after_more_reports(search, root, 2)
        assert only_json(search), "Ray has printed what it thinks of a worker's death"
        family, services = search.family, services_of(search)
        search.kill()
        wait_until(lambda: gone(services), what="Ray's services and workers have died with the driver")
        search = searches.enter_context(living(*resumed(root), folder=tmp_path))
        after_more_reports(search, root, 2)
        wait_until(lambda: gone(family), what="nothing of the killed driver's lives")
        search.kill_all()
        ended = done(*resumed(root), folder=tmp_path)
        assert not folders(), "a start has not removed what a killed driver had left"
    assert ended.code == 0, ended.err
    assert_whole(root, trials=TRIALS)
    assert endings(root).count("crashed") == 1
    assert "orphaned" in endings(root)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_twenty_kills_at_random_instants_lose_and_double_nothing(tmp_path: Path) -> None:
    choose = random.Random(20)
    root, trials = tmp_path / "runs" / "digits", 60
    space = medium_space(tmp_path, trials=trials, epochs=EPOCHS)
    first = ("run", "--space", space, "--runs-dir", str(tmp_path / "runs"), "--name", "digits")
    kinds = ["driver", "worker", "all"] * 6 + ["driver", "all"]
    choose.shuffle(kinds)
    with ExitStack() as searches:
        while kinds:
            words = resumed(root) if root.exists() else first
            search = searches.enter_context(living(*words, folder=tmp_path))
            while kinds and _killed(search, root, kinds.pop(), choose) == "worker":
                pass  # the search goes on by itself
        search.kill_all()
        ended = done(*resumed(root), folder=tmp_path)
        assert not folders(), "a start has not removed what a killed driver had left"
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
    count = choose.choice([0, 1, 2, 3, 4, 5])
    if count:
        after_more_reports(search, root, count)
    time.sleep(choose.uniform(0, 0.3 if count else 10))

"""A search from a laptop on a real cluster of three hosts, while a cable, a plug and the laptop are pulled out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cluster.hosts import LAPTOP, Hosts, kill
from tests.cluster.launching import HEAD, launched
from tests.cluster.searching import (
    PATIENCE,
    begin,
    busy,
    finished,
    lost,
    slow_down,
    speed_up,
    wait_until,
    write_space,
)
from tests.faults.whole import assert_whole

TRIALS = 7


@pytest.mark.root
@pytest.mark.timeout(1800)
def test_nothing_is_lost_when_a_link_a_node_and_the_laptop_go_away(hosts: Hosts) -> None:
    """Two bare commands; every trial ends, each exactly once; the run is on the laptop in the end."""
    launched(hosts, workers=2)
    slow_down(hosts, ["h1", "h2", "h3"])
    there, log = hosts.home(HEAD) / "winnow/runs/digits", hosts.folder / "laptop.log"
    laptop = begin(hosts, ["search.run", "--space", write_space(hosts, trials=TRIALS)], log)
    try:
        wait_until(lambda: busy(there) == {"h1", "h2", "h3"}, log, there, running=laptop)
        hosts.power_off("h3")
        speed_up(hosts, ["h1", "h3"])
        hosts.link_down(LAPTOP)
        wait_until(lambda: finished(there) >= 2, log, there)
        hosts.link_down("h2")  # slow until then, so that it is still in a trial
        speed_up(hosts, ["h2"])
        wait_until(lambda: lost(there) == {"h2", "h3"}, log, there)
        hosts.link_up(LAPTOP)
        hosts.link_up("h2")
        assert laptop.wait(PATIENCE) == 0, log.read_text(encoding="utf-8")
    finally:
        kill(laptop)
        laptop.wait()
    said = log.read_text(encoding="utf-8")
    assert "on the cluster" in said.splitlines()[0]
    assert "the link is back" in said
    run = assert_whole(there, trials=TRIALS)
    assert_whole(_fetched(hosts), trials=TRIALS)
    status = hosts.run(
        LAPTOP, ["python", "-m", "search.status", "digits", "--cluster", "cluster.yaml", "--json"]
    )
    assert json.loads(status.splitlines()[-1])["counts"] == dict(run.progress().counts)


def _fetched(hosts: Hosts) -> Path:
    """Return a copy of the laptop's copy of the run, outside the hosts."""
    copy = hosts.folder / "fetched"
    shutil.copytree(hosts.home(LAPTOP) / "runs/digits", copy)
    return copy

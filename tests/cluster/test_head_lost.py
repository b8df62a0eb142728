"""The head loses its power, with the driver on it: the cluster is launched again, and the search goes on."""

from __future__ import annotations

import pytest

from search.runs.reader import open_run
from tests.cluster.hosts import LAPTOP, Hosts, kill
from tests.cluster.launching import HEAD, launched, wait_for_nodes
from tests.cluster.searching import PATIENCE, begin, finished, wait_until, write_space
from tests.faults.whole import assert_whole

TRIALS = 6


@pytest.mark.root
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_search_goes_on_after_its_head_was_lost(hosts: Hosts) -> None:
    """What was recorded is trained once: the trials that had ended are as they were."""
    launched(hosts, workers=1)
    there, log = hosts.home(HEAD) / "winnow/runs/digits", hosts.folder / "laptop.log"
    first = begin(hosts, ["search.run", "--space", write_space(hosts, trials=TRIALS)], log)
    try:
        wait_until(lambda: there.is_dir() and (there / "study.journal").is_file(), log, there, running=first)
        wait_until(lambda: finished(there) >= 1, log, there, running=first)
        hosts.power_off(HEAD)
    finally:
        kill(first)
        first.wait()
    before = {t.number: t.record for t in open_run(there).trials if t.status in ("completed", "stopped")}
    hosts.power_on(HEAD)
    hosts.run(LAPTOP, ["ray", "up", "-y", "cluster.yaml"], timeout=PATIENCE)
    wait_for_nodes(hosts, 2, timeout=PATIENCE)
    resume = ["search.resume", "digits", "--cluster", "cluster.yaml"]
    second = begin(hosts, resume, log)
    try:
        assert second.wait(PATIENCE) == 0, log.read_text(encoding="utf-8")
    finally:
        kill(second)
        second.wait()
    run = assert_whole(there, trials=TRIALS)
    assert {number: run.trials[number].record for number in before} == before

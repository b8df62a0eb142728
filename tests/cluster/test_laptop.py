"""From a laptop, with a real `ray up`: a search is begun, left, followed again through a cut, and comes home whole."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from search.runs.reader import open_run
from tests.cli.plugin import write_space
from tests.cluster.hosts import LAPTOP, Hosts, kill
from tests.cluster.launching import HEAD, launched
from tests.cluster.namespaces import why_not

pytestmark = [pytest.mark.root, pytest.mark.slow]

TRIALS = 8

SLOW = "import time; from helpers import PAUSE; time.sleep(PAUSE); return self.layer(images.flatten(1))"
"""The network imports a module beside it, and a trial takes three seconds."""

OWN = ("begun as the job", "does not answer", "the link is back", "Winnow", "is cut")
"""What the laptop says itself."""


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    """A laptop with a project, and a cluster of two machines that is up."""
    if reason := why_not():
        pytest.skip(reason)
    with Hosts(2, tmp_path_factory.mktemp("laptop") / "hosts") as hosts:
        home = hosts.home(LAPTOP)
        write_space(home, trials=TRIALS, forward=SLOW)
        launched(hosts, workers=1)
        yield hosts


def events(text: str) -> list[dict[str, Any]]:
    """Return the events of the search among what was printed, without what the laptop said itself."""
    found = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [one for one in found if one["event"] != "message"]


def log_of_the_job(hosts: Hosts) -> str:
    (log,) = hosts.temporary(HEAD).glob("ray/session_2*/logs/job-driver-winnow-slept-*.log")
    return log.read_text(encoding="utf-8")


def test_a_search_from_a_laptop_survives_its_sleep_and_comes_home_whole(laptop: Hosts) -> None:
    (laptop.home(LAPTOP) / "helpers.py").write_text("PAUSE = 0.04\n", encoding="utf-8")
    begun = [sys.executable, "-m", "search.run", "--space", "mine.yaml", "--name", "slept", "--json"]
    with laptop.popen(LAPTOP, begun) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        assert first["text"].startswith("Winnow ")
        assert first["text"].endswith("on the cluster winnow, root@10.77.0.1")
        for line in process.stdout:
            if '"event": "progress"' in line and json.loads(line)["finished"]:
                break
        kill(process)  # the laptop's battery is empty

    follow = [sys.executable, "-m", "search.follow", "slept", "--json"]
    with laptop.popen(LAPTOP, follow) as process:
        assert process.stdout is not None
        told = "".join(process.stdout.readline() for _ in range(3))
        laptop.link_down(LAPTOP)
        time.sleep(20)  # longer than the 15 seconds after which SSH gives up
        laptop.link_up(LAPTOP)
        told += process.stdout.read()
        assert process.wait() == 0, told[-3000:]
    assert events(told) == events(log_of_the_job(laptop))
    assert '"text": "the link is back"' in told
    assert events(told)[-1]["event"] == "end"

    home, there = laptop.home(LAPTOP) / "runs/slept", laptop.home(HEAD) / "winnow/runs/slept"
    assert (home / "study.journal").read_bytes() == (there / "study.journal").read_bytes()
    run = open_run(home)
    assert [trial.status in ("completed", "stopped") for trial in run.trials] == [True] * TRIALS
    assert run.driver is None
    files = {path.relative_to(there) for path in there.rglob("*") if path.is_file()}
    brought = {path.relative_to(home) for path in home.rglob("*") if path.is_file()}
    stayed = {path for path in files - brought if path.suffix != ".pt" and path.name != "driver.lock"}
    assert not stayed


def test_ctrl_c_leaves_the_search_alone_and_the_verbs_reach_it(laptop: Hosts) -> None:
    (laptop.home(LAPTOP) / "helpers.py").write_text("PAUSE = 0.5\n", encoding="utf-8")
    with laptop.popen(LAPTOP, [sys.executable, "-m", "search.run", "--space", "mine.yaml"]) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "of 8 trials" in line:
                break
        interrupt(laptop)
        said = process.stdout.read()
        assert process.wait() == 1
    assert "come back   python -m search.follow mine --cluster cluster.yaml" in said

    listed = laptop.run(
        LAPTOP, [sys.executable, "-m", "search.status", "--cluster", "cluster.yaml", "--json"]
    )
    (run,) = [one for one in json.loads(listed)["runs"] if one["name"] == "mine"]
    assert (run["name"], run["state"], run["trials"]) == ("mine", "running", TRIALS)
    there = ["--cluster", "cluster.yaml"]
    remarked = [sys.executable, "-m", "search.note", "mine", *there, "--", "0", "-5 % if it's warm"]
    assert "noted at trial 0" in laptop.run(LAPTOP, remarked)
    wish = ["--set", "learning_rate=0.0123"]
    laptop.run(LAPTOP, [sys.executable, "-m", "search.enqueue", "mine", *wish, *there])
    stop = [sys.executable, "-m", "search.stop", "mine", "--cluster", "cluster.yaml"]
    assert "the search stops after the epochs in flight" in laptop.run(LAPTOP, stop)
    laptop.run(LAPTOP, [sys.executable, "-m", "search.fetch", "mine", "--watch"])
    brought = open_run(laptop.home(LAPTOP) / "runs/mine")
    assert brought.driver is None
    documents = [
        {key: one.get(key) for key in ("kind", "text", "point")} for one in brought.requests.values()
    ]
    assert {"kind": "note", "text": "root: -5 % if it's warm", "point": None} in documents
    assert {"kind": "enqueue", "text": None, "point": {"learning_rate": 0.0123}} in documents
    refused = laptop.run(LAPTOP, [sys.executable, "-m", "search.resume", "runs/mine"], check=False)
    assert "this is a copy of /root/winnow/runs/mine on root@10.77.0.1" in refused

    (laptop.home(LAPTOP) / "helpers.py").write_text("PAUSE = 0.01\n", encoding="utf-8")
    resumed = [sys.executable, "-m", "search.resume", "mine", "--cluster", "cluster.yaml"]
    # One of them was enqueued.
    assert "all 9 trials are done" in laptop.run(LAPTOP, resumed, timeout=240)


def interrupt(hosts: Hosts) -> None:
    """Press Ctrl-C on the laptop."""
    hosts.run(LAPTOP, ["pkill", f"-{signal.SIGINT.value}", "-f", "search[.]run --space"])

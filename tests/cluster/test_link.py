"""A laptop and a head over real SSH, each a host of its own: the link, what it carries, and how a run comes home."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.cluster.hosts import LAPTOP, Hosts, kill
from tests.cluster.namespaces import why_not

pytestmark = pytest.mark.root

BEGIN = """
import json, os, sys, time
from pathlib import Path
from search.cluster.errors import ClusterError, LinkLost
from search.cluster.fetch_ssh import NoRun, fetch_ssh
from search.cluster.job_log import _Tail
from search.cluster.link import Link, RemoteFailed
from search.cluster.ssh import Login
login = Login("10.77.0.1", "root", Path("/root/.ssh/id_ed25519"))
"""

SERVER = """
from http.server import HTTPServer, SimpleHTTPRequestHandler
HTTPServer(("127.0.0.1", 8265), SimpleHTTPRequestHandler).serve_forever()
"""

HOLDER = """
import fcntl, time
with open("/root/winnow/runs/kept/driver.lock", "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    print("held", flush=True)
    time.sleep(99)
"""

WRITER = """
import os, sys, time
from pathlib import Path
run = Path("/root/winnow/runs/busy")
(run / "trials").mkdir(parents=True)
(run / "plan.yaml").write_text("name: busy\\n")
with open(run / "study.journal", "a") as journal:
    for number in range(10_000):
        (run / "trials" / str(number)).write_text("x")
        journal.write(f"{number}\\n")
        journal.flush()
        time.sleep(0.002)
"""


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    """A head and a laptop."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with Hosts(1, tmp_path_factory.mktemp("hosts") / "hosts") as made:
        yield made


def laptop(hosts: Hosts, script: str) -> str:
    """Run a script on the laptop and return what it printed."""
    return hosts.run(LAPTOP, [sys.executable, "-c", BEGIN + script], timeout=90)


def test_a_command_keeps_its_words_and_its_exit_code(hosts: Hosts) -> None:
    said = laptop(
        hosts,
        """
with Link(login) as link:
    print(link.run(["printf", "%s|", "a b", "$HOME", "c'd"]).decode())
    try:
        link.run(["bash", "-c", "echo no such thing >&2; exit 7"])
    except RemoteFailed as error:
        print(error.code, error)
""",
    )
    assert said.splitlines() == ["a b|$HOME|c'd|", "7 root@10.77.0.1: no such thing"]


def test_the_tunnel_reaches_what_listens_on_the_loopback_of_the_head(hosts: Hosts) -> None:
    with hosts.popen("h1", [sys.executable, "-c", SERVER]) as server:
        try:
            said = laptop(
                hosts,
                """
import urllib.request
with Link(login) as link:
    while True:
        try:
            print(urllib.request.urlopen(link.jobs_url).status)
            break
        except OSError:
            time.sleep(0.1)
""",
            )
        finally:
            kill(server)
    assert said.strip() == "200"


def test_a_head_that_refuses_the_key_or_is_not_there_is_named_in_a_sentence(hosts: Hosts) -> None:
    said = laptop(
        hosts,
        """
from dataclasses import replace
for wrong in (replace(login, user="nobody"), replace(login, host="10.77.0.9")):
    try:
        with Link(wrong, patience=3):
            pass
    except LinkLost as error:
        print(error)
""",
    )
    refused, absent = said.splitlines()
    assert refused.startswith(
        "nobody@10.77.0.1 cannot be reached by SSH: nobody@10.77.0.1: Permission denied"
    )
    assert absent.startswith(
        "root@10.77.0.9 cannot be reached by SSH: ssh: connect to host 10.77.0.9 port 22"
    )


def test_nothing_is_left_of_a_link_whose_process_was_killed(hosts: Hosts) -> None:
    script = BEGIN + "with Link(login) as link:\n    print('up', flush=True)\n    time.sleep(100)"
    with hosts.popen(LAPTOP, [sys.executable, "-c", script]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        inside = [one for one in psutil.process_iter(["cmdline"]) if _is_master(one)]
        assert inside
        for python in (parent for one in inside for parent in one.parents() if "python" in parent.name()):
            if BEGIN in " ".join(python.cmdline()):
                python.kill()
        _, alive = psutil.wait_procs(inside, timeout=30)
        assert not alive
        kill(process)


def _is_master(process: psutil.Process) -> bool:
    words = process.info["cmdline"] or []
    return words[:1] == ["ssh"] and "-M" in words and "root@10.77.0.1" in words and _is_ours(process)


def _is_ours(process: psutil.Process) -> bool:
    """Return whether a process descends from this test, and not from one beside it."""
    try:
        return psutil.Process() in process.parents()
    except psutil.NoSuchProcess:
        return False


def test_a_growing_file_is_read_from_the_line_on_where_one_was(hosts: Hosts) -> None:
    log = hosts.home("h1") / "log"
    log.write_bytes(b"one\ntwo\nthr")
    script = """
with Link(login) as link, _Tail(link, "/root/log", 2) as tail:
    while True:
        for line in tail.read(1.0):
            print(line, flush=True)
            if line == "end":
                sys.exit()
"""
    with hosts.popen(LAPTOP, [sys.executable, "-c", BEGIN + script]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "two\n"
        with log.open("ab") as file:
            file.write(b"ee\nend\n")
        assert process.stdout.read() == "three\nend\n"
        assert process.wait() == 0


def test_a_run_comes_home_whole_at_every_moment_and_only_what_is_new_travels(hosts: Hosts) -> None:
    with hosts.popen("h1", [sys.executable, "-c", WRITER]) as writer:
        try:
            said = laptop(
                hosts,
                """
import threading
from search.cluster.homing import Homing
folder = Path("/root/runs/busy")
over, broken, looked = threading.Event(), [], 0
def look():
    global looked
    while not over.is_set():
        journal = folder / "study.journal"
        named = journal.read_text().split("\\n")[:-1] if journal.is_file() else []
        missing = [one for one in named if not (folder / "trials" / one).is_file()]
        looked += bool(named)
        broken.extend(missing)
thread = threading.Thread(target=look)
thread.start()
new = []
with Link(login) as link:
    while len(new) < 6:
        try:
            new.append(fetch_ssh(link, "/root/winnow/runs/busy", folder, cluster="cluster.yaml").new)
        except NoRun:
            time.sleep(0.1)
over.set()
thread.join()
print(json.dumps([broken, looked > 0, sum(new) == (folder / "study.journal").stat().st_size, min(new) > 0]))
""",
            )
        finally:
            kill(writer)
    assert json.loads(said) == [[], True, True, True]


def test_the_weights_stay_unless_they_are_asked_for_and_a_living_driver_is_told_of(hosts: Hosts) -> None:
    run = hosts.home("h1") / "winnow/runs/kept"
    (run / "trials/0/1").mkdir(parents=True)
    (run / "winner/best").mkdir(parents=True)
    for name in (
        "plan.yaml",
        "study.journal",
        "trials/0/1/checkpoint-00001.pt",
        "winner/best/model.safetensors",
    ):
        (run / name).write_text("x\n", encoding="utf-8")
    (run / "trials/0/1/.log.12-ab.partial").write_text("half", encoding="utf-8")
    (run / "driver.json").write_text(
        json.dumps({"host": "h1", "process": 7, "start": 1.0, "heartbeat": 2.0}), encoding="utf-8"
    )
    fetch = """
with Link(login) as link:
    fetched = fetch_ssh(link, "/root/winnow/runs/kept", Path("/root/runs/kept"), cluster="c.yaml", weights=WEIGHTS)
from search.runs.layout import RunLayout
from search.runs.lease import holder
print(fetched.driver and fetched.driver.process, holder(RunLayout(Path("/root/runs/kept"))) is not None)
"""
    home = hosts.home(LAPTOP) / "runs/kept"
    with hosts.popen("h1", [sys.executable, "-c", HOLDER]) as driver:
        assert driver.stdout is not None
        driver.stdout.readline()
        assert laptop(hosts, fetch.replace("WEIGHTS", "False")).strip() == "7 True"
        kill(driver)
    assert (home / "winner/best/model.safetensors").is_file()
    assert not list(home.rglob("*.pt"))
    assert not list(home.rglob("*.partial"))
    assert not (home / "driver.json").exists()
    deadline = time.monotonic() + 10
    while (said := laptop(hosts, fetch.replace("WEIGHTS", "True")).strip()) != "None False":
        assert time.monotonic() < deadline, said
    assert (home / "trials/0/1/checkpoint-00001.pt").is_file()


def test_what_was_asked_of_the_copy_is_handed_over_and_another_run_of_that_name_is_refused(
    hosts: Hosts,
) -> None:
    run = hosts.home("h1") / "winnow/runs/asked"
    run.mkdir(parents=True)
    (run / "plan.yaml").write_text("name: asked\n", encoding="utf-8")
    (run / "study.journal").write_text("first\n", encoding="utf-8")
    script = """
from search.runs.layout import RunLayout
from search.runs.requests import send
layout = RunLayout(Path("/root/runs/asked"))
with Link(login) as link:
    fetch_ssh(link, "/root/winnow/runs/asked", layout.root, cluster="c.yaml")
    print(send(layout, "stop").id)
    fetch_ssh(link, "/root/winnow/runs/asked", layout.root, cluster="c.yaml")
    print(len(list(layout.requests.glob("*.json"))))
"""
    asked, left = laptop(hosts, script).splitlines()
    assert left == "0"
    assert (run / f"requests/{asked}.json").is_file()
    (run / "study.journal").write_text("other\nanother\n", encoding="utf-8")
    again = """
try:
    with Link(login) as link:
        fetch_ssh(link, "/root/winnow/runs/asked", Path("/root/runs/asked"), cluster="c.yaml")
except ClusterError as error:
    print(error)
"""
    assert "another run of that name is here already" in laptop(hosts, again)


def test_rsync_and_ssh_that_are_missing_are_named(tmp_path: Path) -> None:
    script = BEGIN + "try:\n    Link(login).__enter__()\nexcept ClusterError as error:\n    print(error)"
    ran = subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert ran.stdout.strip() == "ssh is not installed on this machine, and the cluster is reached by it"

"""Hosts of namespaces are what the cluster's tests take them for, and leave nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.cluster.hosts import REPOSITORY, Hosts
from tests.cluster.namespaces import NAMED
from tests.waiting import wait_until

pytestmark = pytest.mark.root

SSH = ("ssh", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR")


def over_ssh(hosts: Hosts, name: str, command: str, *, timeout: int = 10) -> str:
    argv = [*SSH, "-o", f"ConnectTimeout={timeout}", hosts.address(name), command]
    return hosts.run("lap", argv, check=False, timeout=60).strip()


def namespaces(pid: int) -> list[str]:
    return [path.name for path in NAMED.glob(f"winnow{pid}x*")] if NAMED.is_dir() else []


def processes_called(command: str) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if " ".join(process.info["cmdline"] or ()) == command
    ]


def test_the_laptop_reaches_every_host_over_ssh_until_cable_or_power_is_cut(hosts: Hosts) -> None:
    assert [over_ssh(hosts, name, "hostname") for name in ("h1", "h2", "h3")] == ["h1", "h2", "h3"]
    hosts.link_down("h2")
    hosts.power_off("h3")
    assert "hostname" not in over_ssh(hosts, "h2", "hostname", timeout=1)
    assert over_ssh(hosts, "h2", "echo here", timeout=1) != "here"
    assert over_ssh(hosts, "h3", "echo here", timeout=1) != "here"
    hosts.link_up("h2")
    hosts.power_on("h3")
    assert [over_ssh(hosts, name, "hostname") for name in ("h2", "h3")] == ["h2", "h3"]


def test_hosts_run_the_code_under_test_and_have_homes_processes_and_folders_of_their_own(
    hosts: Hosts,
) -> None:
    where = "import search, sys; print(sys.prefix, search.__file__)"
    expected = f"{sys.prefix} {REPOSITORY / 'search/__init__.py'}"
    assert over_ssh(hosts, "h1", f"cd / && python -c '{where}'") == expected
    assert hosts.run("h1", ["python", "-c", where]).strip() == expected
    assert hosts.run("h1", ["bash", "-c", "touch here; ls ~/here"]).strip() == "/root/here"
    hosts.run("h1", ["bash", "-c", "touch ~/mine /tmp/mine /dev/shm/mine /run/mine /mnt/shared/ours"])
    assert (
        hosts.run("h2", ["bash", "-c", "ls ~/mine /tmp/mine /dev/shm/mine /run/mine || true"]).count(
            "No such"
        )
        == 4
    )
    assert hosts.run("h2", ["ls", "/mnt/shared"]).strip() == "ours"
    assert (hosts.shared / "ours").exists()
    assert hosts.run("h1", ["bash", "-c", "ps -e | wc -l"]).strip() < "9"


def test_only_the_laptop_opens_the_others(hosts: Hosts) -> None:
    argv = [*SSH, "-o", "BatchMode=yes", hosts.address("h2"), "hostname"]
    assert "Permission denied" in hosts.run("h1", argv, check=False)


def test_a_failing_command_says_what_it_wrote_and_a_slow_one_is_killed(hosts: Hosts) -> None:
    with pytest.raises(RuntimeError, match=r"h1: ls /nowhere ended with 2:\n.*No such file"):
        hosts.run("h1", ["ls", "/nowhere"])
    with pytest.raises(RuntimeError, match=r"killed after 0\.2 s"):
        hosts.run("h1", ["sleep", "60"], timeout=0.2)
    assert "sleep 60" not in hosts.run("h1", ["ps", "-ef"])


def test_two_groups_live_side_by_side(hosts: Hosts, tmp_path: Path) -> None:
    with Hosts(1, tmp_path / "others") as others:
        assert over_ssh(others, "h1", "hostname") == over_ssh(hosts, "h1", "hostname") == "h1"
        others.run("h1", ["touch", "/root/other"])
    assert not (hosts.home("h1") / "other").exists()
    assert over_ssh(hosts, "h1", "hostname") == "h1"


def test_nothing_is_left_of_hosts_that_were_up_with_something_running(tmp_path: Path) -> None:
    with Hosts(1, tmp_path / "hosts") as hosts:
        hosts.run("h1", ["bash", "-c", "setsid sleep 4321 > /dev/null 2>&1 &"])
        # The new process becomes `setsid`, and that `sleep`, a moment after the shell has ended.
        wait_until(lambda: processes_called("sleep 4321"))
        living = processes_called("sleep 4321")
    assert not psutil.wait_procs(living, timeout=10)[1]
    assert not namespaces(os.getpid())
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    assert not (tmp_path / "hosts/hosts").exists()


def test_nothing_is_left_of_hosts_that_could_not_come_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.cluster.hosts.SSHD", "Nonsense yes\n")
    with pytest.raises(RuntimeError, match=r"host lap did not come up: (.|\n)*Nonsense"):
        Hosts(1, tmp_path / "hosts").up()
    assert not namespaces(os.getpid())


def test_the_hosts_of_a_killed_process_are_swept_by_the_next(tmp_path: Path) -> None:
    folder = str(tmp_path / "dead")
    makes = f"from tests.cluster.hosts import *; Hosts(1, Path({folder!r})).up(); os.kill(os.getpid(), 9)"
    dead = subprocess.Popen([sys.executable, "-c", makes], cwd=REPOSITORY)
    assert dead.wait(timeout=60) == -9
    assert len(namespaces(dead.pid)) == 3
    with Hosts(1, tmp_path / "next"):
        assert not namespaces(dead.pid)

"""Network namespaces joined by a bridge (see ip-netns(8)); named after the process that owns them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

NEEDED = ("ip", "unshare", "nsenter", "sshd", "ssh", "ssh-keygen", "rsync")
"""Programs without which there are no hosts; Debian has them in iproute2, util-linux, openssh-* and rsync."""

SYSTEM = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where some of them lie (sshd does): not every user's PATH has these folders."""

TRIAL = "ip link add br0 type bridge && ip link add v0 type veth peer name v1"

NAMES = re.compile(r"winnow(\d+)x\d+-.+")
NAMED = Path("/run/netns")


def why_not() -> str:
    """Return why no hosts can be made here, or nothing."""
    if os.geteuid() != 0:
        return "needs root, to make network namespaces"
    path = f"{os.environ.get('PATH', os.defpath)}:{SYSTEM}"
    if absent := [program for program in NEEDED if shutil.which(program, path=path) is None]:
        return f"needs {', '.join(absent)} (apt-get install iproute2 util-linux openssh-server rsync)"
    isolate = ("unshare", "--net", "--mount", "--pid", "--uts", "--ipc", "--fork", "--mount-proc")
    made = subprocess.run([*isolate, "sh", "-c", TRIAL], capture_output=True, text=True, check=False)
    return "" if made.returncode == 0 else f"needs namespaces, bridges and veth: {made.stderr.strip()}"


class Namespaces:
    """One bridge and the namespaces wired to it; names hold this process's id and a serial number.

    Interfaces live in the namespaces, so their names and addresses clash with nobody's.
    """

    def __init__(self, serial: int) -> None:
        self._prefix = f"winnow{os.getpid()}x{serial}-"

    def make_hub(self) -> None:
        """Make the bridge."""
        self._add("hub")
        self._in("hub", "link", "add", "br0", "type", "bridge")
        self._in("hub", "link", "set", "br0", "up")

    def wire(self, name: str, address: str) -> None:
        """Make a namespace with an address, as `10.0.0.1/24`, and wire it to the bridge."""
        self._add(name)
        peer = ("peer", "name", "eth0", "netns", self._prefix + name)
        self._in("hub", "link", "add", f"v-{name}", "type", "veth", *peer)
        self._in("hub", "link", "set", f"v-{name}", "master", "br0", "up")
        self.add_address(name, address)
        self._in(name, "link", "set", "eth0", "up")

    def add_address(self, name: str, address: str) -> None:
        """Give a namespace one more address."""
        self._in(name, "addr", "add", address, "dev", "eth0")

    def link(self, name: str, state: str) -> None:
        """Set a namespace's cable `up` or `down`."""
        self._in("hub", "link", "set", f"v-{name}", state)

    def inside(self, name: str, argv: Sequence[str]) -> list[str]:
        """Return the command line that runs another one in a namespace."""
        return ["ip", "netns", "exec", self._prefix + name, *argv]

    def remove(self) -> None:
        """Remove all namespaces of this object."""
        for name in _named():
            if name.startswith(self._prefix):
                _remove(name)

    @staticmethod
    def sweep() -> None:
        """Remove the namespaces, with all processes in them, whose owner has died."""
        for name in _named():
            if (match := NAMES.fullmatch(name)) and not psutil.pid_exists(int(match[1])):
                _remove(name)

    def _add(self, name: str) -> None:
        _ip("netns", "add", self._prefix + name)
        self._in(name, "link", "set", "lo", "up")

    def _in(self, name: str, *argv: str) -> None:
        _ip("-n", self._prefix + name, *argv)


def _named() -> list[str]:
    return sorted(path.name for path in NAMED.iterdir()) if NAMED.is_dir() else []


def _remove(name: str) -> None:
    inside = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True, check=False)
    for pid in inside.stdout.split():
        with suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    _ip("netns", "del", name)


def _ip(*argv: str) -> None:
    done = subprocess.run(["ip", *argv], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(argv)}: {done.stderr.strip()}")

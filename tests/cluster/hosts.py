"""Several hosts on one machine, made of Linux namespaces (see namespaces(7)); each believes that it is alone.

A host is a network, pid, mount, uts and ipc namespace: its own address and sshd, its own /proc, /tmp, /run,
/dev/shm, /mnt and home, below one folder. They share this repository, this Python, and /mnt/shared, their "NFS".
The pid namespace matters: `ray stop` kills by name, and killing process 1 is a power cut.
"""

from __future__ import annotations

import itertools
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tests.cluster.namespaces import Namespaces

LAPTOP = "lap"
"""The host from which a user works: it alone holds the key that opens the others."""

NETWORK = "10.77.0."
REPOSITORY = Path(__file__).parents[2]
PRIVATE = ("root", "tmp", "run", "mnt")
"""Folders of the root that each host has for itself."""

PATIENCE = 30.0
"""Seconds that a host may take to come up; alone on the machine it takes 0.2."""

SHARED = Path("/mnt/shared")
"""Where every host sees the folder `Hosts.shared`."""

INIT = r"""
set -eu
hostname "$1"; tree=$2; shift 2
for share; do mkdir -p "$tree${share##*:}"; mount --rbind "${share%%:*}" "$tree${share##*:}"; done
mount -t tmpfs -o size=1g tmpfs /dev/shm
mount --bind "$tree/hosts" /etc/hosts
for private in run root mnt tmp; do mount --rbind "$tree/$private" "/$private"; done
cd /root
mkdir -p /run/sshd
"$(command -v sshd)" -D -e -f /root/sshd_config &
until [ -s /run/sshd.pid ]; do kill -0 $!; sleep 0.02; done
: > /root/.up
while :; do wait -n || true; sleep 0.2; done      # reaps orphans, as process 1 has to
"""

SSHD = """\
Port 22
HostKey /root/host_key
PidFile /run/sshd.pid
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
UseDNS no
MaxStartups 50
MaxSessions 50
Subsystem sftp internal-sftp
"""

ENVIRONMENT = {
    "HOME": "/root",
    "USER": "root",
    "SHELL": "/bin/bash",
    "TERM": "dumb",
    "LANG": "C.UTF-8",
    "PATH": f"{sys.prefix}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "PYTHONPATH": str(REPOSITORY),
    "OMP_NUM_THREADS": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
}
"""What a login shell of a host exports, so that it runs the code under test."""

_serials = itertools.count()


class Hosts:
    """Hosts `h1` to `h<count>` and the laptop `lap`, on one network of their own; a context manager.

    Several may live on one machine at once, also in other processes. What a killed process left is swept first.

    Args:
        count: how many hosts beside the laptop.
        folder: where their private trees and logs lie; `folder/shared` is every host's `/mnt/shared`.
        network: the first three numbers of their addresses.
        environment: what their shells export beside `ENVIRONMENT`.
    """

    def __init__(
        self,
        count: int,
        folder: Path,
        *,
        network: str = NETWORK,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.names = (LAPTOP, *(f"h{number}" for number in range(1, count + 1)))
        self.folder = folder
        self.shared = folder / "shared"
        self.network = network
        self.environment = {**ENVIRONMENT, **(environment or {})}
        self._net = Namespaces(next(_serials))
        self._inits: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Hosts:
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    def up(self) -> None:
        """Make all hosts and switch them on; after a failure nothing is left."""
        Namespaces.sweep()
        try:
            self.shared.mkdir(parents=True)
            self._net.make_hub()
            _make_key(self.folder / "id_ed25519", "lap")
            for name in self.names:
                self._net.wire(name, self.address(name) + "/24")
                self._furnish(name)
                self.power_on(name)
        except BaseException:
            self.down()
            raise

    def down(self) -> None:
        """Switch all hosts off and remove their namespaces and trees; harmless when repeated."""
        for name in tuple(self._inits):
            self.power_off(name)
        self._net.remove()
        trees = self.folder / "hosts"
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
        # The trees have the virtual environment mounted inside; never delete through a mount that got out.
        assert not any(line.split()[4].startswith(str(trees)) for line in mounts), f"mounts below {trees}"
        shutil.rmtree(trees, ignore_errors=True)

    def address(self, name: str) -> str:
        """Return a host's address: the laptop's ends in 100, h1's in 1."""
        return self.network + ("100" if name == LAPTOP else name.removeprefix("h"))

    def add_address(self, name: str, address: str) -> None:
        """Give a host one more address, as `172.31.4.5/16`."""
        self._net.add_address(name, address)

    def home(self, name: str) -> Path:
        """Return a host's home folder as seen from outside the hosts."""
        return self._tree(name) / "root"

    def temporary(self, name: str) -> Path:
        """Return a host's /tmp as seen from outside the hosts; Ray's logs are below `ray/session_latest/logs`."""
        return self._tree(name) / "tmp"

    def power_on(self, name: str) -> None:
        """Start a host; what was in its /tmp is gone, its home is not."""
        tree = self._tree(name)
        (tree / "root/.up").unlink(missing_ok=True)
        for emptied in ("tmp", "run"):
            shutil.rmtree(tree / emptied, ignore_errors=True)
            (tree / emptied).mkdir(mode=0o1777)
        isolate = ("unshare", "--mount", "--propagation", "private", "--pid", "--uts", "--ipc", "--fork")
        init = ("--kill-child", "--mount-proc", "bash", "-c", INIT, "init", name, str(tree), *self._shares())
        self.link_up(name)
        with (self.folder / f"{name}.log").open("ab") as log:
            self._inits[name] = subprocess.Popen(
                self._net.inside(name, (*isolate, *init)),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_up(name)

    def power_off(self, name: str) -> None:
        """Cut a host's power: all its processes die, and no peer hears of it. Harmless when it is off."""
        if (init := self._inits.pop(name, None)) is None:
            return
        self.link_down(name)  # the kernel outlives this power cut and would close the connections politely
        with suppress(ProcessLookupError, IndexError, FileNotFoundError):
            os.kill(_only_child(init.pid), signal.SIGKILL)
        init.kill()
        init.wait()

    def link_down(self, name: str) -> None:
        """Cut a host's network cable."""
        self._net.link(name, "down")

    def link_up(self, name: str) -> None:
        """Mend a host's network cable."""
        self._net.link(name, "up")

    def command(self, name: str, argv: Sequence[str]) -> list[str]:
        """Return the command line that runs another one on a host, in its home, as its user would."""
        enter = ("nsenter", "-t", str(_only_child(self._inits[name].pid)), "--all")
        exports = (f"{key}={value}" for key, value in self.environment.items())
        # Where a shell began the tests in the background they ignore Ctrl-C, and hand that down.
        return [*enter, "env", "-C", "/root", "-i", "--default-signal=INT", *exports, *argv]

    def popen(
        self, name: str, argv: Sequence[str], *, output: int = subprocess.PIPE
    ) -> subprocess.Popen[str]:
        """Start a command on a host; both its streams go to `stdout`. `kill` ends it.

        Args:
            name: the host.
            argv: the command.
            output: where both streams go, `subprocess.PIPE` or a file's descriptor.
        """
        return subprocess.Popen(
            self.command(name, argv),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, name: str, argv: Sequence[str], *, timeout: float = 120.0, check: bool = True) -> str:
        """Run a command on a host to its end; return what it wrote on both streams.

        Args:
            name: the host.
            argv: the command.
            timeout: seconds.
            check: an exit code other than 0 is an error.

        Raises:
            RuntimeError: the exit code was not 0, or the time was over; it holds the output.
        """
        with self.popen(name, argv) as process:
            try:
                said, _ = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                kill(process)
                said = f"{process.communicate()[0]}\n(killed after {timeout:g} s)"
        if check and process.returncode:
            raise RuntimeError(f"{name}: {shlex.join(argv)} ended with {process.returncode}:\n{said}")
        return said

    def _tree(self, name: str) -> Path:
        return self.folder / "hosts" / name

    def _shares(self) -> list[str]:
        """Return what must be mounted back, OUTER:INNER: the rest of the root is seen as it is."""
        ours = {Path(sys.prefix), Path(sys.base_prefix).resolve(), REPOSITORY}
        hidden = sorted(str(path) for path in ours if path.parts[1] in PRIVATE)
        return [*(f"{path}:{path}" for path in hidden), f"{self.shared}:{SHARED}"]

    def _furnish(self, name: str) -> None:
        tree = self._tree(name)
        for folder in PRIVATE:
            (tree / folder).mkdir(parents=True)
        # Ray finds its own address by the host's name, where there is no way to the internet.
        known = (f"{self.address(each)} {each}\n" for each in self.names)
        (tree / "hosts").write_text("127.0.0.1 localhost\n" + "".join(known), encoding="utf-8")
        home = tree / "root"
        (home / ".ssh").mkdir(mode=0o700)
        home.chmod(0o700)  # sshd trusts no home that others may write
        _make_key(home / "host_key", name)
        shutil.copy(self.folder / "id_ed25519.pub", home / ".ssh/authorized_keys")
        if name == LAPTOP:
            shutil.copy(self.folder / "id_ed25519", home / ".ssh/id_ed25519")
        (home / "sshd_config").write_text(SSHD, encoding="utf-8")
        exports = (f"export {key}={shlex.quote(value)}\n" for key, value in self.environment.items())
        (home / ".bashrc").write_text("".join(exports), encoding="utf-8")
        (home / ".profile").write_text(". ~/.bashrc\n", encoding="utf-8")

    def _wait_until_up(self, name: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not (self._tree(name) / "root/.up").exists():
            if self._inits[name].poll() is not None or time.monotonic() > deadline:
                said = (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"host {name} did not come up: {said[-2000:]}")
            time.sleep(0.02)


def kill(process: subprocess.Popen[str]) -> None:
    """Kill what `Hosts.popen` started, with all that is in its session; it need not live any more."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _only_child(pid: int) -> int:
    """Return the child of `unshare --fork`: process 1 of its host."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()[0])


def _make_key(path: Path, comment: str) -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)], check=True
    )
